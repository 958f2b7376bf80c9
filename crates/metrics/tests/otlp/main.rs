//! What OpenTelemetry's receivers get.
#![cfg(feature = "otlp")]

#[path = "../receiver/mod.rs"]
mod receiver;

use oxkit_metrics::{Buckets, Exporter, HttpTarget, MetricError, OtlpBuilder, Registry};
use serde_json::{Value, json};
use static_assertions::assert_impl_all;

use receiver::Receiver;

assert_impl_all!(OtlpBuilder: Send, Sync, Clone);

fn exporter(url: &str, registry: &Registry) -> Result<Exporter, MetricError> {
    OtlpBuilder::new(HttpTarget::new(url)?)
        .resource("service.name", "shop")
        .resource("host.name", "an \"odd\" one, größer")
        .attach(registry)
}

/// Every character that is special to somebody.
fn odd() -> String {
    let ascii: String = (0..128_u8).map(char::from).collect();
    format!("{ascii}äß\u{2028}日本\u{1f980}")
}

/// One metric of each kind.
fn fill(registry: &Registry) -> Result<(), MetricError> {
    let jobs = registry.counter_family("jobs_total", "Jobs done.", ["queue", "odd"])?;
    jobs.with(["mail", &odd()]).add(3);
    jobs.with(["", ""]).add_f64(0.5);
    registry.gauge("queued", "Jobs waiting.")?.set(-2.25);
    registry.gauge("limit", "")?.set(f64::INFINITY);
    registry.up_down_counter("open", "")?.add(-7);
    let buckets = Buckets::new(&[0.5, 1.0])?;
    let took = registry.histogram("took_seconds", "", buckets)?;
    [0.25, 0.5, 0.75, 8.0].iter().for_each(|seconds| took.observe(*seconds));
    let sizes = registry.histogram("sent_bytes", "", Buckets::log_linear())?;
    [0.0, 1.5, 1.5, 2.5].iter().for_each(|bytes| sizes.observe(*bytes));
    Ok(())
}

/// What a message of the request becomes in JSON, times taken out: those are checked on the way.
fn without_times(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let nanos = |name: &str, fields: &serde_json::Map<String, Value>| {
                fields.get(name).map(|time| {
                    time.as_str()
                        .and_then(|time| time.parse::<u64>().ok())
                        .expect("it is in nanoseconds")
                })
            };
            if let Some(time) = nanos("time_unix_nano", fields) {
                let start = nanos("start_time_unix_nano", fields).expect("it has a start");
                assert!(start <= time, "{start} {time}");
                assert!(start > 1_700_000_000_000_000_000, "it is of these years");
                fields.remove("time_unix_nano");
                fields.remove("start_time_unix_nano");
            }
            fields.values_mut().for_each(without_times);
        }
        Value::Array(all) => all.iter_mut().for_each(without_times),
        _ => {}
    }
}

/// What [`fill`] is to a receiver.
fn filled() -> Value {
    let attribute = |key: &str, value: &str| json!({"key": key, "value": {"string_value": value}});
    // As what the receiver says is read: the last digit may be lost on that way.
    let read = |number: &str| serde_json::from_str::<Value>(number).expect("it is a number");
    let metrics = json!([
        {
            "name": "jobs_total",
            "description": "Jobs done.",
            "sum": {
                "aggregation_temporality": "AGGREGATION_TEMPORALITY_CUMULATIVE",
                "is_monotonic": true,
                "data_points": [
                    {"as_double": 0.5, "attributes": [attribute("queue", ""), attribute("odd", "")]},
                    {"as_double": 3.0, "attributes": [attribute("queue", "mail"), attribute("odd", &odd())]},
                ],
            },
        },
        {"name": "limit", "gauge": {"data_points": [{"as_double": "Infinity"}]}},
        {
            "name": "open",
            "sum": {
                "aggregation_temporality": "AGGREGATION_TEMPORALITY_CUMULATIVE",
                "data_points": [{"as_double": -7.0}],
            },
        },
        {
            "name": "queued",
            "description": "Jobs waiting.",
            "gauge": {"data_points": [{"as_double": -2.25}]},
        },
        {
            "name": "sent_bytes",
            "unit": "By",
            "exponential_histogram": {
                "aggregation_temporality": "AGGREGATION_TEMPORALITY_CUMULATIVE",
                "data_points": [{
                    "count": "4",
                    "sum": 5.5,
                    "scale": 3,
                    "zero_count": "1",
                    "zero_threshold": read("9.313225746154785e-10"),
                    // 1.5 is in the bucket up to 2^(5/8) = 1.54, 2.5 in that up to 2^(11/8) = 2.59.
                    "positive": {"offset": 4, "bucket_counts": ["2", "0", "0", "0", "0", "0", "1"]},
                }],
            },
        },
        {
            "name": "took_seconds",
            "unit": "s",
            "histogram": {
                "aggregation_temporality": "AGGREGATION_TEMPORALITY_CUMULATIVE",
                "data_points": [{
                    "count": "4",
                    "sum": 9.5,
                    "bucket_counts": ["2", "1", "1"],
                    "explicit_bounds": [0.5, 1.0],
                }],
            },
        },
    ]);
    json!([{
        "resource": {"attributes": [
            attribute("service.name", "shop"),
            attribute("host.name", "an \"odd\" one, größer"),
        ]},
        "scope_metrics": [{
            "scope": {"name": "oxkit-metrics", "version": env!("CARGO_PKG_VERSION")},
            "metrics": metrics,
        }],
    }])
}

mod trouble;

/// Datadog's test agent, which reads requests by the official protobufs for Python.
mod with_otlp {
    use super::*;

    #[tokio::test]
    async fn every_kind_arrives_exactly() {
        let server = testing_servers::otlp();
        let registry = Registry::new();
        let mut exporter = exporter(&format!("http://{}", server.http()), &registry).unwrap();
        fill(&registry).unwrap();
        exporter.flush().await.unwrap();
        let mut got: Value = serde_json::from_str(&server.metrics()).unwrap();
        without_times(&mut got);
        assert_eq!(got, json!([{ "resource_metrics": filled() }]));
        assert_eq!((exporter.stats().sent(), exporter.stats().dropped()), (1, 0));
    }

    #[cfg(feature = "gzip")]
    #[tokio::test]
    async fn compressed_requests_are_a_fraction_and_arrive_as_well() {
        let server = testing_servers::otlp();
        let proxy = testing_servers::Proxy::to(server.http());
        let registry = Registry::new();
        let target = HttpTarget::new(&format!("http://{}", proxy.address())).unwrap();
        let mut exporter = OtlpBuilder::new(target).gzip().attach(&registry).unwrap();
        let calls = registry.counter_family("calls_total", "", ["path"]).unwrap();
        for path in 0..1000 {
            calls.with([&format!("/path/{path}")]).add(path);
        }
        exporter.flush().await.unwrap();
        let got: Value = serde_json::from_str(&server.metrics()).unwrap();
        let metric = &got[0]["resource_metrics"][0]["scope_metrics"][0]["metrics"][0];
        let points = metric["sum"]["data_points"].as_array().unwrap();
        let sum: f64 = points.iter().filter_map(|point| point["as_double"].as_f64()).sum();
        assert_eq!((points.len(), sum), (1000, 499_500.0));
        // A point alone is 40 bytes.
        assert!(proxy.forwarded() < 10_000, "{}", proxy.forwarded());
    }

    #[tokio::test]
    async fn ten_thousand_series_arrive_in_several_requests() {
        let server = testing_servers::otlp();
        let registry = Registry::with_series_limit(20_000.try_into().unwrap());
        let mut exporter = exporter(&format!("http://{}", server.http()), &registry).unwrap();
        let calls = registry.counter_family("calls_total", "", ["user", "path"]).unwrap();
        let path = "/a/long/path/that/makes/a/series/large".repeat(3);
        for user in 0..10_000_u32 {
            calls.with([&user.to_string(), &path]).add(user.into());
        }
        exporter.flush().await.unwrap();
        let got: Value = serde_json::from_str(&server.metrics()).unwrap();
        let requests = got.as_array().unwrap();
        assert_eq!(requests.len(), 2);
        let points = requests.iter().flat_map(|request| {
            let metric = &request["resource_metrics"][0]["scope_metrics"][0]["metrics"][0];
            metric["sum"]["data_points"].as_array().unwrap()
        });
        let mut seen: Vec<_> = points
            .map(|point| {
                let user = point["attributes"][0]["value"]["string_value"].as_str().unwrap();
                (user.parse::<u32>().unwrap(), point["as_double"].as_f64().unwrap())
            })
            .collect();
        seen.sort_by_key(|(user, _)| *user);
        assert!(seen.iter().copied().eq((0..10_000).map(|user| (user, f64::from(user)))));
    }
}

/// The official protobufs of OpenTelemetry for Python, on the bytes as they are sent.
mod with_opentelemetry {
    use super::*;

    /// Prints the request as JSON. Fails if a field is none that the official messages know.
    const DECODE: &str = r#"
import json, sys
from google.protobuf.json_format import MessageToDict
from google.protobuf.unknown_fields import UnknownFieldSet
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

def check(message):
    assert not len(UnknownFieldSet(message)), message
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in [value] if hasattr(value, "ListFields") else value:
                check(one)

request = ExportMetricsServiceRequest.FromString(sys.stdin.buffer.read())
check(request)
print(json.dumps(MessageToDict(request, preserving_proto_field_name=True)))
"#;

    #[tokio::test]
    async fn the_official_messages_are_what_is_sent() {
        let receiver = Receiver::new(vec![receiver::answer("200 OK", "", b"")]);
        let registry = Registry::new();
        let mut exporter = exporter(&receiver.url(), &registry).unwrap();
        fill(&registry).unwrap();
        exporter.flush().await.unwrap();
        let request = &receiver.requests()[0];
        assert_eq!(request.head[0], "POST /v1/metrics HTTP/1.1");
        assert_eq!(request.header("content-type"), Some("application/x-protobuf"));

        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &request.body).unwrap();
        std::io::Seek::rewind(&mut file).unwrap();
        let mut python = testing_servers::opentelemetry();
        let output = python.args(["-c", DECODE]).stdin(file).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut got = serde_json::from_slice(&output.stdout).unwrap();
        without_times(&mut got);
        assert_eq!(got, json!({ "resource_metrics": filled() }));
    }
}
