//! Carbon.

use std::{
    io::Write,
    net::{TcpStream, UdpSocket},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::*;
use testing_servers::{Graphite, graphite};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_secs()
}

#[test]
fn it_answers_and_goes_when_it_is_dropped() {
    check::<Graphite>(|graphite| {
        let time = now() - 60;
        let mut lines = TcpStream::connect(graphite.lines()).unwrap();
        write!(lines, "a.requests 42.5 {time}\na.requests 43 {}\n", time + 1).unwrap();
        drop(lines);
        let expected = [(time, 42.5), (time + 1, 43.0)];
        let there = || graphite.points("a.requests").len() == 2;
        assert!(until(PATIENCE, there), "{:?}\n{}", graphite.metrics(), graphite.log());
        assert_eq!(graphite.points("a.requests"), expected);
        assert_eq!(graphite.points("requests"), []);
        assert_eq!(graphite.metrics(), ["a.requests"]);
    });
}

#[test]
fn it_takes_tags_and_lines_over_udp() {
    let graphite = graphite();
    let time = now() - 60;
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let line = format!("a.requests;method=get;service=a 7 {time}\n");
    socket.send_to(line.as_bytes(), graphite.lines()).unwrap();
    let there = || graphite.points("a.requests;method=get;service=a") == [(time, 7.0)];
    assert!(until(PATIENCE, there), "{:?}", graphite.metrics());
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("graphite");
}

#[test]
fn it_can_be_restarted_after_a_crash() {
    let graphite = graphite();
    graphite.kill();
    graphite.restart();
    TcpStream::connect(graphite.lines()).expect("it listens again");
}
