//! Circonus, of which no receiver can be had: held against what its own client for Go sends.

use std::time::Duration;

use oxkit_metrics::{
    Buckets, CirconusBuilder, CirconusTrap, Exporter, HttpTarget, MetricError, Registry,
};
use serde_json::{Value, json};

use crate::http_receiver::{Receiver, Request, answer};

fn ok() -> Vec<u8> {
    answer("200 OK", "", br#"{"stats":3}"#)
}

fn busy() -> Vec<u8> {
    answer("503 Busy", "", b"busy")
}

fn attach(receiver: &Receiver, builder: CirconusBuilder, registry: &Registry) -> Exporter {
    let trap = trap(&receiver.url()).expect("it is a URL");
    builder.attach(registry, trap).expect("it is empty")
}

fn trap(url: &str) -> Result<CirconusTrap, MetricError> {
    CirconusTrap::new(&HttpTarget::new(url)?, "an id", "s3cret")
}

/// What came, without what the exporter tells of itself.
fn bodies(receiver: &Receiver) -> Vec<Value> {
    let body = |request: &Request| {
        let mut body: serde_json::Map<String, Value> =
            serde_json::from_slice(&request.body).expect("it is JSON");
        body.retain(|name, _| !name.starts_with("oxkit_metrics_push_"));
        (!body.is_empty()).then_some(Value::Object(body))
    };
    receiver.requests().iter().filter_map(body).collect()
}

#[tokio::test]
async fn what_is_submitted_is_what_circonus_own_client_submits() {
    let receiver = Receiver::new(vec![ok()]);
    let registry = Registry::new();
    let mut exporter = attach(&receiver, CirconusBuilder::new(), &registry);
    registry.gauge("g", "").unwrap().set(3.25);
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    for value in [12.5, 12.9, 250.0] {
        histogram.observe(value);
    }
    registry.counter("req", "").unwrap().add(3);
    exporter.flush().await.unwrap();

    let request = &receiver.requests()[0];
    assert_eq!(request.head[0], "PUT /module/httptrap/an%20id/s3cret HTTP/1.1");
    assert_eq!(request.header("content-type"), Some("application/json"));
    assert_eq!(request.header("accept"), Some("application/json"));
    assert_eq!(request.header("content-length"), Some(request.body.len().to_string().as_str()));
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        r#"{"g":{"_type":"n","_value":3.25},"req":{"_type":"L","_value":3},"h":{"_type":"n","_value":["H[1.2e+01]=2","H[2.5e+02]=1"]}}"#
    );
}

#[tokio::test]
async fn labels_are_stream_tags_and_values_are_what_json_can_say() {
    let receiver = Receiver::new(vec![ok()]);
    let registry = Registry::new();
    let builder = CirconusBuilder::new().prefix("a\"p`p|.").tags(&[("env", "dev"), ("q", "lost")]);
    let mut exporter = attach(&receiver, builder, &registry);
    let counter = registry.counter_family("c", "", ["q"]).unwrap();
    counter.with(["mail-2"]).add_f64(0.5);
    counter.with(["a \"b\":,]\\\n"]).add(u64::MAX / 2);
    counter.with([""]).add(1);
    let gauge = registry.gauge_family("g", "", ["n"]).unwrap();
    for (n, value) in [("1", f64::NAN), ("2", f64::NEG_INFINITY), ("3", -1e300)] {
        gauge.with([n]).set(value);
    }
    exporter.flush().await.unwrap();
    assert_eq!(
        bodies(&receiver),
        [json!({
            "ap`p.c|ST[env:dev,q:mail-2]": {"_type": "n", "_value": 0.5},
            "ap`p.c|ST[env:dev,q:b\"YSAiYiI6LF1cCg==\"]":
                {"_type": "L", "_value": 9_223_372_036_854_775_808_u64},
            "ap`p.c|ST[env:dev]": {"_type": "L", "_value": 1},
            "ap`p.g|ST[env:dev,q:lost,n:3]": {"_type": "n", "_value": -1e300},
        })]
    );
}

#[tokio::test]
async fn nothing_is_lost_while_the_broker_is_busy_and_requests_keep_their_size() {
    let receiver = Receiver::new(vec![busy(), busy(), ok()]);
    let registry = Registry::new();
    let mut exporter = attach(&receiver, CirconusBuilder::new().request_size(90), &registry);
    let counter = registry.counter("counter", "").unwrap();
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    for _ in 0..2 {
        counter.increment();
        histogram.observe(1.5);
        let error = exporter.flush().await.unwrap_err();
        assert_eq!(error.to_string(), "503 Service Unavailable: busy");
    }
    counter.increment();
    histogram.observe(1.5);
    histogram.observe(2.5);
    exporter.flush().await.unwrap();
    exporter.flush().await.unwrap();
    let c = json!({"counter": {"_type": "L", "_value": 3}});
    let h = json!({"h": {"_type": "n", "_value": ["H[1.5e+00]=3", "H[2.5e+00]=1"]}});
    assert_eq!(bodies(&receiver)[2..], [c.clone(), h, c]);
    assert!(receiver.requests().iter().all(|request| request.body.len() <= 90));

    registry.counter_family("l", "", ["n"]).unwrap().with([&"n".repeat(90)]).increment();
    exporter.flush().await.unwrap();
    assert_eq!(exporter.stats().dropped(), 1);
}

#[tokio::test]
async fn the_secret_is_never_shown() {
    let receiver = Receiver::new(vec![busy()]);
    let registry = Registry::new();
    assert!(!format!("{:?}", trap(&receiver.url())).contains("s3cret"));
    let builder = CirconusBuilder::new().send_timeout(Duration::from_secs(20));
    let mut exporter = attach(&receiver, builder, &registry);
    registry.counter("c", "").unwrap().increment();
    assert!(!exporter.flush().await.unwrap_err().to_string().contains("s3cret"));
    drop(receiver);
    assert!(!exporter.flush().await.unwrap_err().to_string().contains("s3cret"));
    assert!(!format!("{exporter:?}").contains("s3cret"));
}
