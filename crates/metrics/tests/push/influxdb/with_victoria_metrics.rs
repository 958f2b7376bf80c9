//! `VictoriaMetrics`, which takes the API of InfluxDB 2.

use std::{collections::BTreeMap, time::Duration};

use oxkit_metrics::{HttpTarget, InfluxBuilder, InfluxHttp, Registry};
use serde_json::Value;
use testing_servers::{until, victoria_metrics};

use super::some_of_each;

#[tokio::test]
async fn the_way_of_version_2_is_taken_and_read_back() {
    let server = victoria_metrics();
    let target = HttpTarget::new(&format!("http://{}", server.http())).unwrap();
    let registry = Registry::new();
    let http = InfluxHttp::v2(&target, "an org", "a bucket", "a token").unwrap();
    let builder = InfluxBuilder::new().tags(&[("env", "dev")]);
    let mut exporter = builder.attach(&registry, http).unwrap();
    some_of_each(&registry);
    exporter.flush().await.unwrap();

    let read = |line: &str| {
        let series: Value = serde_json::from_str(line).unwrap();
        let labels: BTreeMap<String, String> =
            serde_json::from_value(series["metric"].clone()).unwrap();
        assert_eq!(series["values"].as_array().unwrap().len(), 1);
        let labels: Vec<_> = labels
            .into_iter()
            .filter(|(name, _)| name != "db")
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        (labels.join(" "), series["values"][0].as_f64().unwrap())
    };
    let mut series = Vec::new();
    // What is written can be read after a second.
    let _ = until(Duration::from_secs(20), || {
        series = server.export(r#"{env="dev"}"#).lines().map(read).collect();
        series.len() >= 12
    });
    series.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("__name__=c_count env=dev q=mail r=a b,c=d%5C%0A50%25", 3.0),
        ("__name__=c_count env=dev r=é", 0.25),
        ("__name__=g_value env=dev n=1", 2.5),
        ("__name__=g_value env=dev n=2", -4.0),
        ("__name__=g_value env=dev n=5", 1e300),
        ("__name__=h_count env=dev", 4.0),
        ("__name__=h_p50 env=dev", 1.5),
        ("__name__=h_p90 env=dev", 3.2),
        // It keeps fifteen digits.
        ("__name__=h_p95 env=dev", 3.6),
        ("__name__=h_p99 env=dev", 3.92),
        ("__name__=h_sum env=dev", 6.5),
        ("__name__=u_value env=dev", 4.0),
    ];
    assert_eq!(series, expected.map(|(labels, value)| (labels.to_owned(), value)));
}
