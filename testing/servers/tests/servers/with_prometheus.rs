//! Prometheus.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    process::Stdio,
    thread,
};

use crate::*;
use testing_servers::{Prometheus, prometheus_with_rules, promtool};

#[test]
fn it_answers_and_goes_when_it_is_dropped() {
    check::<Prometheus>(|prometheus| {
        let answer = prometheus.query("1 + 1");
        assert_eq!(answer.status, 200);
        assert!(answer.body.contains(r#""2""#), "{}", answer.body);
    });
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("prometheus");
}

#[test]
fn it_scrapes_its_target_and_applies_the_rules() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            while stream.read_line(&mut String::new()).unwrap() > 2 {}
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\n";
            let body = "requests_total{method=\"get\"} 42\n";
            write!(stream.get_mut(), "{head}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        }
    });
    let rules =
        "groups:\n- name: test\n  rules:\n  - record: doubled\n    expr: 2 * requests_total\n";
    let prometheus = prometheus_with_rules(&[target], rules);
    let doubled = || prometheus.query("doubled").body.contains(r#""84""#);
    assert!(until(PATIENCE, doubled), "{}", prometheus.targets().body);
}

#[test]
fn its_tool_tells_good_from_bad() {
    let check = |text: &str| {
        let mut tool = promtool()
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        tool.wait().unwrap().code()
    };
    let good = "# HELP requests_total Requests.\n# TYPE requests_total counter\nrequests_total 1\n";
    assert_eq!(check(good), Some(0));
    assert_eq!(check("requests_total one\n"), Some(1));
}
