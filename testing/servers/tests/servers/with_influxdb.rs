//! InfluxDB.

use crate::*;
use testing_servers::{Influxdb, http, influxdb};

#[test]
fn it_answers_and_goes_when_it_is_dropped() {
    check::<Influxdb>(|influxdb| {
        influxdb.create("test");
        let line = "requests,method=get count=3i,seconds=0.25 1700000000000000000";
        let written = http::post(influxdb.http(), "/write?db=test&precision=ns", line);
        assert_eq!(written.status, 204, "{}", written.body);
        let answer = influxdb.query("test", "SELECT * FROM requests");
        assert!(answer.body.contains(r#"[1700000000000000000,3,"get",0.25]"#), "{answer:?}");
    });
}

#[test]
fn it_takes_lines_over_udp() {
    let influxdb = influxdb();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"requests count=3i 1700000000000000000", influxdb.udp()).unwrap();
    let there = || influxdb.query("udp", "SELECT * FROM requests").body.contains("[17000");
    assert!(until(PATIENCE, there));
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("influxdb");
}
