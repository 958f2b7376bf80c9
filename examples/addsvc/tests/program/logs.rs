//! What stands in the log.

use std::fs;

use addsvc::AddService;
use oxkit_core::Context;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::support::{Addsvc, OPEN, command, ended};

/// The lines of a program that was called over each transport, the last of which was two zeroes.
async fn lines(arguments: &[&str]) -> Vec<String> {
    let log = NamedTempFile::new().expect("there is room for a file");
    let mut all = OPEN.to_vec();
    all.extend(arguments);
    let addsvc = Addsvc::of(command(&all).stderr(log.reopen().expect("it is ours")));
    addsvc.post("/sum", r#"{"a":1,"b":2}"#);
    addsvc.call("sum", r#"{"a":1,"b":2}"#);
    let _ = addsvc.over_grpc().sum(Context::new(), 0, 0).await;
    addsvc.process.terminate();
    assert_eq!(ended(addsvc.process).await, Some(0));
    let log = fs::read_to_string(log.path()).expect("it is text");
    log.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_service_says_what_was_added_and_the_endpoint_how_long_it_took() {
    let lines = lines(&["--log-format", "json", "--log-level", "debug"]).await;
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |component: &str| {
        let found = lines.iter().filter(|line| line["component"] == component);
        found.collect::<Vec<_>>()
    };
    let (service, endpoint) = (of("service"), of("endpoint"));
    assert_eq!((service.len(), endpoint.len()), (3, 3), "{lines:#?}");
    assert_eq!((&service[0]["a"], &service[0]["v"]), (&1.into(), &3.into()));
    assert_eq!(service[2]["err"], "can't sum two zeroes");
    for line in &endpoint {
        // The same name, whatever the transport.
        assert_eq!((&line["service"], &line["method"]), (&"addsvc".into(), &"Sum".into()));
        assert!(line["took"].is_string() && line["ts"].is_string(), "{line}");
    }
    let outcomes: Vec<_> = endpoint.iter().map(|line| line["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["ok", "ok", "business_error"]);
    let last = lines.last().unwrap();
    assert_eq!(last["msg"], "stopped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_level_decides_what_is_written() {
    let of_calls = lines(&[]).await;
    let of_calls = of_calls.iter().filter(|line| line.contains("method=Sum"));
    assert!(of_calls.clone().all(|line| line.contains("component=endpoint")), "{of_calls:#?}");
    assert_eq!(of_calls.count(), 3, "one for each call, if nothing else is said");
    let lines = lines(&["--log-level", "warn"]).await;
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].contains("outcome=business_error kind=INVALID_ARGUMENT"), "{lines:#?}");
}
