//! Receivers that are down or slow, that refuse, or that take a part.

use std::time::{Duration, Instant};

use oxkit_metrics::{Exporter, HttpTarget, MetricError, OtlpBuilder, Registry, SendError};
use prost::Message;
use testing_servers::until;

use crate::{
    exporter,
    receiver::{Receiver, answer},
};

/// The answer to a request of which a part was not taken.
#[derive(Clone, PartialEq, Message)]
struct Partial {
    #[prost(message, optional, tag = "1")]
    partial_success: Option<Rejected>,
}

#[derive(Clone, PartialEq, Message)]
struct Rejected {
    #[prost(int64, tag = "1")]
    points: i64,
    #[prost(string, tag = "2")]
    message: String,
}

/// An exporter that has three values to send.
fn exporter_to(receiver: &Receiver) -> Result<Exporter, MetricError> {
    let registry = Registry::new();
    let exporter = exporter(&receiver.url(), &registry)?;
    let jobs = registry.counter_family("jobs_total", "", ["queue"])?;
    for queue in ["a", "b", "c"] {
        jobs.with([queue]).increment();
    }
    Ok(exporter)
}

#[tokio::test]
async fn of_a_partial_success_the_rest_is_dropped_and_counted() {
    let rejected = Rejected { points: 2, message: "too many series".to_owned() };
    let partial = Partial { partial_success: Some(rejected) }.encode_to_vec();
    let receiver = Receiver::new(vec![answer("200 OK", "", &partial), answer("200 OK", "", b"")]);
    let mut exporter = exporter_to(&receiver).unwrap();
    let error = exporter.flush().await.unwrap_err();
    assert!(error.is_rejected());
    assert_eq!(error.to_string(), "too many series");
    assert_eq!(exporter.stats().dropped(), 2);
    // It is no reason to send nothing more.
    exporter.flush().await.unwrap();
    assert_eq!(exporter.stats().dropped(), 2);
}

#[tokio::test]
async fn what_is_refused_is_dropped_with_the_words_of_the_receiver() {
    let receiver = Receiver::new(vec![answer("400 Bad Request", "", b"no such tenant")]);
    let mut exporter = exporter_to(&receiver).unwrap();
    let error = exporter.flush().await.unwrap_err();
    assert!(error.is_rejected());
    assert_eq!(exporter.stats().dropped(), 3);
    let last = exporter.stats().last_error().map(|error| error.to_string());
    assert_eq!(last.as_deref(), Some("400 Bad Request: no such tenant"));
}

#[tokio::test]
async fn the_receiver_says_when_to_come_back() {
    let busy = answer("503 Service Unavailable", "retry-after: 1\r\n", b"busy");
    let receiver = Receiver::new(vec![busy, answer("200 OK", "", b"")]);
    let registry = Registry::new();
    let target = HttpTarget::new(&receiver.url()).unwrap();
    let often = Duration::from_millis(10);
    let exporter = OtlpBuilder::new(target).interval(often).attach(&registry).unwrap();
    registry.counter("jobs_total", "").unwrap();
    let (stats, began) = (exporter.stats(), Instant::now());
    let task = exporter.spawn();
    let sent = move || until(Duration::from_secs(30), || stats.sent() > 0);
    assert!(tokio::task::spawn_blocking(sent).await.unwrap());
    assert!(began.elapsed() >= Duration::from_secs(1), "it was not asked to be so quick");
    assert_eq!((task.stats().failures(), task.stats().dropped()), (1, 0));
    task.shutdown().await;
}

#[tokio::test]
async fn every_request_has_the_headers_that_are_set() {
    let receiver = Receiver::new(vec![answer("200 OK", "", b"")]);
    let registry = Registry::new();
    let builder = OtlpBuilder::new(HttpTarget::new(&receiver.url()).unwrap());
    let builder = builder.header("api-key", "secret").unwrap();
    assert!(!format!("{builder:?}").contains("secret"), "{builder:?}");
    let mut exporter = builder.attach(&registry).unwrap();
    registry.counter("c", "").unwrap();
    exporter.flush().await.unwrap();
    assert_eq!(receiver.requests()[0].header("api-key"), Some("secret"));
}

#[test]
fn what_makes_no_sense_is_refused_at_once() {
    let builder = || OtlpBuilder::new(HttpTarget::new("http://x").unwrap());
    for (name, value) in [("", "v"), ("a b", "v"), ("a", "line\nbreak secret")] {
        let error = builder().header(name, value).unwrap_err();
        assert!(error.is_invalid_setting());
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

mod with_otlp {
    use std::collections::BTreeMap;

    use serde_json::Value;
    use testing_servers::{Otlp, Proxy, Server};

    use super::*;

    /// The values of the counter that arrived, by their times.
    fn totals(server: &Server<Otlp>) -> Vec<f64> {
        let got: Value = serde_json::from_str(&server.metrics()).expect("it is JSON");
        let points = got.as_array().into_iter().flatten().map(|request| {
            let metric = &request["resource_metrics"][0]["scope_metrics"][0]["metrics"][0];
            let point = &metric["sum"]["data_points"][0];
            // All have as many digits.
            let time = point["time_unix_nano"].as_str().expect("it has a time").to_owned();
            (time, point["as_double"].as_f64().expect("it has a value"))
        });
        points.collect::<BTreeMap<_, _>>().into_values().collect()
    }

    #[tokio::test]
    async fn no_increment_is_lost_while_the_receiver_is_down() {
        let server = testing_servers::otlp();
        let registry = Registry::new();
        let mut exporter = exporter(&format!("http://{}", server.http()), &registry).unwrap();
        let jobs = registry.counter("jobs_total", "").unwrap();
        jobs.add(1);
        exporter.flush().await.unwrap();
        assert_eq!(totals(&server), [1.0]);

        server.stop();
        for _ in 0..5 {
            jobs.add(10);
            assert!(!exporter.flush().await.unwrap_err().is_rejected());
        }
        server.restart();
        jobs.add(100);
        exporter.flush().await.unwrap();
        // It forgets what it had when it stops.
        assert_eq!(totals(&server), [151.0]);
        assert_eq!((exporter.stats().failures(), exporter.stats().dropped()), (5, 0));
    }

    #[tokio::test]
    async fn a_request_that_is_cut_or_has_no_answer_is_made_up_for() {
        let server = testing_servers::otlp();
        let proxy = Proxy::to(server.http());
        let registry = Registry::new();
        let target = HttpTarget::new(&format!("http://{}", proxy.address())).unwrap();
        let patience = Duration::from_secs(2);
        let mut exporter =
            OtlpBuilder::new(target).send_timeout(patience).attach(&registry).unwrap();
        let jobs = registry.counter("jobs_total", "").unwrap();
        let failed = |sent: Result<(), SendError>| assert!(!sent.unwrap_err().is_rejected());

        jobs.add(1);
        proxy.cut_after(100);
        failed(exporter.flush().await);
        jobs.add(10);
        proxy.stall();
        failed(exporter.flush().await);
        jobs.add(100);
        proxy.pass();
        exporter.flush().await.unwrap();
        // What was held back may arrive too, later and with its own time.
        assert_eq!(totals(&server).last(), Some(&111.0));
        assert_eq!((exporter.stats().failures(), exporter.stats().dropped()), (2, 0));
    }
}
