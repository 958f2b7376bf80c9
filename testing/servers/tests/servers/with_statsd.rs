//! statsd.

use std::{
    io::Write,
    net::{TcpStream, UdpSocket},
};

use crate::*;
use testing_servers::{Statsd, statsd};

#[test]
fn it_answers_and_goes_when_it_is_dropped() {
    check::<Statsd>(|statsd| {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let lines = "requests:1|c|@0.5\nrequests:1|c|#env:dev\nno line\ntime:12.5|ms";
        socket.send_to(lines.as_bytes(), statsd.address()).unwrap();
        assert!(until(PATIENCE, || statsd.value("timers", "time").is_some()));
        assert_eq!(statsd.value("timers", "time").unwrap(), "[ 12.5 ]");
        assert_eq!(statsd.value("counters", "requests").unwrap(), "2");
        assert_eq!(statsd.value("counters", "requests;env=dev").unwrap(), "1");
        assert_eq!(statsd.value("counters", "statsd.bad_lines_seen").unwrap(), "1");
    });
}

#[test]
fn it_takes_lines_over_tcp() {
    let statsd = statsd();
    TcpStream::connect(statsd.address()).unwrap().write_all(b"level:3|g\n").unwrap();
    assert!(until(PATIENCE, || statsd.value("gauges", "level").as_deref() == Some("3")));
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("statsd");
}
