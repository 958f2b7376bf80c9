//! `VictoriaMetrics`.

use std::{io::Write, net::TcpStream};

use crate::*;
use testing_servers::{VictoriaMetrics, http};

#[test]
fn it_answers_and_goes_when_it_is_dropped() {
    check::<VictoriaMetrics>(|server| {
        let line = "requests,method=get count=3 1700000000000000000";
        let written = http::post(server.http(), "/api/v2/write", line);
        assert_eq!(written.status, 204, "{}", written.body);
        let found = server.export("{__name__=\"requests_count\"}");
        assert!(found.contains(r#""method":"get""#), "{found}");
        assert!(found.contains(r#""values":[3]"#), "{found}");
        assert!(found.contains("[1700000000000]"), "{found}");
    });
}

#[test]
fn it_takes_graphites_lines_with_tags() {
    let server = testing_servers::victoria_metrics();
    let mut lines = TcpStream::connect(server.graphite()).unwrap();
    lines.write_all(b"requests;method=get 42 1700000000\n").unwrap();
    drop(lines);
    let found = || {
        let found = server.export("{__name__=\"requests\",method=\"get\"}");
        found.contains(r#""values":[42]"#)
    };
    assert!(until(PATIENCE, found));
}

#[test]
fn it_goes_with_a_process_that_is_killed() {
    check_killed("victoria-metrics");
}
