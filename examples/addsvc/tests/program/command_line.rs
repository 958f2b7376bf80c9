//! The command line, and the demo.

use std::{net::TcpListener, process::Output};

use example_testing::{Connection, Process};
use testing_servers::until;

use crate::support::{Addsvc, SOON, command};

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("it starts")
}

#[test]
fn help_names_every_option() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = String::from_utf8(help.stdout).unwrap();
    for option in [
        "debug",
        "http",
        "grpc",
        "jsonrpc",
        "one-port",
        "sum-limit",
        "concat-limit",
        "timeout",
        "drain",
        "drain-delay",
        "log-format",
        "log-level",
        "otlp",
        "ratio",
        "demo",
        "demo-seconds",
        "help",
    ] {
        assert!(help.contains(&format!("--{option}")), "{option}");
    }
    assert!(help.lines().all(|line| line.len() <= 100), "it fits a terminal");
}

#[test]
fn a_mistake_is_explained() {
    let taken = Addsvc::start(&[]);
    let taken_address = taken.http.to_string();
    for (arguments, said) in [
        (["--port", "1"], "invalid option '--port'"),
        (["--sum-limit", "0:1"], "expected RATE:BURST"),
        (["--sum-limit", "fast"], "neither of them 0, or none"),
        (["--timeout", "-1"], "expected a number of seconds"),
        (["--ratio", "2"], "expected a number from 0 to 1"),
        (["--log-format", "xml"], "expected logfmt or json"),
        (["--log-level", "loud"], "loud"),
        (["--demo-seconds", "all"], "expected whole seconds"),
        (["--http", "nowhere"], "--http: cannot listen on nowhere"),
        (["--http", &taken_address], &format!("--http: cannot listen on {taken_address}")),
    ] {
        let output =
            command(&arguments).stderr(std::process::Stdio::piped()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.starts_with("addsvc: ") && error.contains(said), "{arguments:?}: {error}");
    }
}

#[test]
fn it_serves_where_nobody_reads_where_it_listens() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).unwrap();
    let (reader, nobody_reads) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = command(&["--debug", &free.to_string()]);
    let mut addsvc = command.stdout(nobody_reads).spawn().expect("it starts");
    let served = until(SOON, || {
        let page = Connection::open(free).and_then(|mut connection| {
            connection.request("GET", "/healthz", "")?;
            connection.answer()
        });
        page.is_ok_and(|page| page.status == 200)
    });
    addsvc.kill().and_then(|()| addsvc.wait()).expect("it is ours to end");
    assert!(served);
}

#[test]
fn the_demo_calls_over_every_transport_and_goes_on_serving() {
    let mut addsvc = Addsvc::start(&["--demo-seconds", "2"]);
    let mut calls = [0; 4];
    let end = loop {
        let line = addsvc.process.line().expect("it goes on");
        if line.starts_with("demo: ") {
            break line;
        }
        let words: Vec<_> = line.split(": ").collect();
        let [second, transport, numbers] = &*words else { panic!("another line: {line}") };
        assert!(["second 1", "second 2"].contains(second), "{line}");
        let names = ["HTTP", "gRPC", "JSON-RPC", "gRPC stream"];
        let at = names.iter().position(|name| name == transport).expect("it is one of ours");
        let number = numbers.split(' ').next().and_then(|number| number.parse::<u64>().ok());
        calls[at] += number.expect("it is a number");
        assert!(numbers.contains(" 0 failed, p50 "), "{line}");
    };
    assert!(calls.iter().all(|calls| *calls > 0), "{calls:?}");
    assert!(end.ends_with(" 0 failed; goes on serving"), "{end}");
    assert_eq!(addsvc.post("/sum", r#"{"a":1,"b":2}"#).body, "{\"v\":3}\n");
    let calls_so_far = |addsvc: &Addsvc| {
        let metrics = addsvc.page("/metrics").body;
        let series = r#"endpoint_requests_total{service="addsvc",method="Concat"} "#;
        metrics.lines().find_map(|line| line.strip_prefix(series)?.parse::<u64>().ok())
    };
    assert!(calls_so_far(&addsvc) > Some(0));
    addsvc.process.terminate();
    assert_eq!(addsvc.process.wait().code(), Some(0));
}

#[test]
fn a_demo_can_be_stopped() {
    let mut addsvc = Addsvc::start(&["--demo"]);
    addsvc.process.line().expect("it has begun");
    Process::interrupt(&addsvc.process);
    assert_eq!(addsvc.process.wait().code(), Some(0));
}
