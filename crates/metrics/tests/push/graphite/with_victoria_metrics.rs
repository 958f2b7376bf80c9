//! `VictoriaMetrics`, which reads Graphite's tags.

use std::{collections::BTreeMap, time::Duration};

use oxkit_metrics::{GraphiteBuilder, Registry, Tcp};
use serde_json::Value;
use testing_servers::{until, victoria_metrics};

use super::some_of_each;

#[tokio::test]
async fn tags_are_read_back_as_labels() {
    let server = victoria_metrics();
    let registry = Registry::new();
    let builder = GraphiteBuilder::new().tagged(&[("env", "dev")]);
    let to = Tcp::new(server.graphite().to_string());
    let mut exporter = builder.attach(&registry, to).unwrap();
    some_of_each(&registry);
    exporter.flush().await.unwrap();

    let read = |line: &str| {
        let series: Value = serde_json::from_str(line).unwrap();
        let labels: BTreeMap<String, String> =
            serde_json::from_value(series["metric"].clone()).unwrap();
        assert_eq!(series["values"].as_array().unwrap().len(), 1);
        let labels: Vec<_> =
            labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        (labels.join(" "), series["values"][0].as_f64().unwrap())
    };
    let mut series = Vec::new();
    // What is written can be read after a second.
    let _ = until(Duration::from_secs(20), || {
        series = server.export(r#"{env="dev"}"#).lines().map(read).collect();
        series.len() >= 14
    });
    series.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("__name__=c env=dev q=mail", 0.25),
        ("__name__=c env=dev q=mail r=a%20b%3Bc%3D%C3%A9", 3.0),
        ("__name__=g env=dev n=1", 2.5),
        ("__name__=g env=dev n=2", -4.0),
        ("__name__=g env=dev n=5", 1e30),
        ("__name__=h.count env=dev", 4.0),
        ("__name__=h.p50 env=dev", 1.5),
        ("__name__=h.p90 env=dev", 3.2),
        // It keeps fifteen digits.
        ("__name__=h.p95 env=dev", 3.6),
        ("__name__=h.p99 env=dev", 3.92),
        ("__name__=h.sum env=dev", 6.5),
        ("__name__=idle.count env=dev", 0.0),
        ("__name__=idle.sum env=dev", 0.0),
        ("__name__=u env=dev", 4.0),
    ];
    assert_eq!(series, expected.map(|(labels, value)| (labels.to_owned(), value)));
}
