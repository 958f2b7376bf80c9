//! `VictoriaMetrics`, which reads Graphite's tags.

use std::{
    collections::{BTreeMap, BTreeSet},
    num::NonZeroUsize,
    time::Duration,
};

use oxkit_metrics::{GraphiteBuilder, Registry, Tcp};
use serde_json::Value;
use testing_servers::{until, victoria_metrics};

use super::some_of_each;

/// The labels and the only value of a series.
fn read(line: &str) -> (BTreeMap<String, String>, f64) {
    let series: Value = serde_json::from_str(line).expect("it is JSON");
    assert_eq!(series["values"].as_array().map(Vec::len), Some(1));
    let labels = serde_json::from_value(series["metric"].clone()).expect("they are texts");
    (labels, series["values"][0].as_f64().expect("it is a number"))
}

#[tokio::test]
async fn tags_are_read_back_as_labels() {
    let server = victoria_metrics();
    let registry = Registry::new();
    let builder = GraphiteBuilder::new().tagged(&[("env", "dev")]);
    let to = Tcp::new(server.graphite().to_string());
    let mut exporter = builder.attach(&registry, to).unwrap();
    some_of_each(&registry);
    exporter.flush().await.unwrap();

    let shown = |line: &str| {
        let (labels, value) = read(line);
        let labels: Vec<_> =
            labels.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        (labels.join(" "), value)
    };
    let mut series = Vec::new();
    // What is written can be read after a second.
    let _ = until(Duration::from_secs(20), || {
        series = server.export(r#"{env="dev"}"#).lines().map(shown).collect();
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

#[tokio::test]
async fn every_character_and_ten_thousand_label_sets_are_read_back() {
    let server = victoria_metrics();
    let registry = Registry::with_series_limit(NonZeroUsize::new(10_000).unwrap());
    let builder = GraphiteBuilder::new().tagged(&[]);
    let to = Tcp::new(server.graphite().to_string());
    let mut exporter = builder.attach(&registry, to).unwrap();
    let odd = registry.counter_family("odd", "", ["l"]).unwrap();
    let mut expected = BTreeSet::new();
    for c in (0_u32..0x110).filter_map(char::from_u32) {
        for value in [format!("{c}"), format!("a{c}b"), format!("{c}{c}")] {
            odd.with([&value]).increment();
            let keep = |byte: &u8| byte.is_ascii_graphic() && !b"%;~=!^".contains(byte);
            let encoded = value.bytes().map(|byte| match byte {
                byte if keep(&byte) => char::from(byte).to_string(),
                byte => format!("%{byte:02X}"),
            });
            expected.insert(encoded.collect::<String>());
        }
    }
    let many = registry.counter_family("many", "", ["n"]).unwrap();
    for n in 0..10_000 {
        many.with([&n.to_string()]).add(n);
    }
    exporter.flush().await.unwrap();
    assert_eq!(exporter.stats().dropped(), 0);

    let series = |name: &str, count: usize| {
        let mut series = Vec::new();
        let _ = until(Duration::from_secs(20), || {
            let all = server.export(&format!("{{__name__={name:?}}}"));
            series = all.lines().map(read).collect();
            series.len() >= count
        });
        series
    };
    let seen: BTreeSet<_> = series("odd", expected.len())
        .into_iter()
        .map(|(mut labels, _)| labels.remove("l").unwrap())
        .collect();
    assert_eq!(seen, expected);
    let many = series("many", 10_000);
    assert_eq!(many.len(), 10_000);
    assert!(many.iter().all(|(labels, value)| labels["n"].parse() == Ok(*value)));
}
