//! The program answers what Go kit's stringsvc2 answers, and tells Prometheus of it.

use std::process::{Command, Stdio};

use example_testing::{Answer, Connection, Process, exchange};

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stringsvc2"));
    command.args(["--listen", "127.0.0.1:0"]).stderr(Stdio::null());
    command
}

fn start() -> Process {
    Process::of(&mut command())
}

fn post(service: &Process, path: &str, body: &str) -> Answer {
    exchange(service.address(), "POST", path, body)
}

fn scrape(service: &Process) -> Answer {
    exchange(service.address(), "GET", "/metrics", "")
}

#[test]
fn answers_as_go_kits_does() {
    let service = start();
    for (path, request, answer) in [
        ("/uppercase", r#"{"s":"hello, world"}"#, r#"{"v":"HELLO, WORLD"}"#),
        ("/uppercase", r#"{"s":""}"#, r#"{"v":"","err":"empty string"}"#),
        ("/count", r#"{"s":"hello, world"}"#, r#"{"v":12}"#),
    ] {
        let answered = post(&service, path, request);
        assert_eq!(answered.status, 200, "{path} {request}");
        assert_eq!(answered.body, format!("{answer}\n"), "{path} {request}");
    }
}

#[test]
fn every_call_is_counted_once_by_the_service_and_once_by_the_layer() {
    let service = start();
    for (path, body, times) in [
        ("/uppercase", r#"{"s":"a"}"#, 3),
        ("/uppercase", r#"{"s":""}"#, 2),
        ("/count", r#"{"s":"ab"}"#, 4),
        // What cannot be decoded never reaches an endpoint.
        ("/count", r#"{"s":"#, 5),
    ] {
        for _ in 0..times {
            post(&service, path, body);
        }
    }
    let page = scrape(&service);
    assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        r#"string_service_requests_total{method="uppercase",error="false"} 3"#,
        r#"string_service_requests_total{method="uppercase",error="true"} 2"#,
        r#"string_service_requests_total{method="count",error="false"} 4"#,
        r#"string_service_request_duration_seconds_count{method="uppercase"} 5"#,
        "string_service_count_result_sum 8",
        "string_service_count_result_count 4",
        r#"endpoint_requests_total{service="stringsvc",method="Uppercase"} 5"#,
        r#"endpoint_requests_total{service="stringsvc",method="Count"} 4"#,
        r#"endpoint_duration_seconds_count{service="stringsvc",method="Count"} 4"#,
        r#"endpoint_in_flight{service="stringsvc",method="Count"} 0"#,
        r#"endpoint_errors_total{service="stringsvc",method="Uppercase",outcome="business_error",kind="INVALID_ARGUMENT"} 2"#,
        "log_lines_dropped_total 0",
    ] {
        assert!(page.body.lines().any(|shown| shown == line), "no {line} in\n{}", page.body);
    }
}

#[test]
fn a_scrape_gets_the_format_it_prefers() {
    let service = start();
    let mut connection = Connection::open(service.address()).unwrap();
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    connection
        .send(format!("GET /metrics HTTP/1.1\r\nhost: test\r\naccept: {accept}\r\n\r\n").as_bytes())
        .unwrap();
    let page = connection.answer().unwrap();
    let expected = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(page.header("content-type"), Some(expected));
    assert!(page.body.ends_with("# EOF\n"), "{}", page.body);
}

#[test]
fn a_log_that_nobody_reads_holds_nobody_up_and_what_is_lost_is_shown() {
    let service = Process::of(command().stderr(Stdio::piped()));
    // A line holds what was asked and what was answered: with these 4 MiB are soon full.
    let body = format!(r#"{{"s":"{}"}}"#, "a".repeat(100_000));
    for _ in 0..40 {
        assert_eq!(post(&service, "/uppercase", &body).status, 200);
    }
    let page = scrape(&service).body;
    let dropped = page.lines().find_map(|line| line.strip_prefix("log_lines_dropped_total "));
    let dropped: u32 = dropped.expect("it is always there").parse().unwrap();
    assert!((10..40).contains(&dropped), "{dropped}");
    let shown = format!("log_lines_dropped_total {dropped}");
    assert!(scrape(&service).body.contains(&shown), "they are counted once");
}

#[test]
fn stops_when_it_is_told_to() {
    for tell in [Process::terminate, Process::interrupt] {
        let service = start();
        tell(&service);
        assert!(service.wait().success());
    }
}

#[test]
fn the_command_line_teaches() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_stringsvc2")).args(arguments).output().unwrap()
    };
    let help = run(&["--help"]);
    assert!(help.status.success());
    assert!(String::from_utf8_lossy(&help.stdout).contains("--listen ADDRESS"));
    let mistake = run(&["--port", "1"]);
    assert_eq!(mistake.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&mistake.stderr).contains("Try --help."));
}
