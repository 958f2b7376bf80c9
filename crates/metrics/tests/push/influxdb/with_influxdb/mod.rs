//! The real InfluxDB 1.

mod faults;

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroUsize, time::Duration};

use oxkit_metrics::{HttpTarget, InfluxBuilder, InfluxHttp, Registry, Udp};
use serde_json::Value;
use testing_servers::{Influxdb, Server, http, influxdb, until};

use super::some_of_each;

const DATABASE: &str = "ox kit";

fn writer(address: SocketAddr) -> InfluxHttp {
    let target = HttpTarget::new(&format!("http://{address}")).expect("it is in order");
    InfluxHttp::v1(&target, DATABASE).expect("it is in order")
}

/// Series of an answer: their tags, their columns, their rows.
type Series = (BTreeMap<String, String>, Vec<String>, Vec<Vec<Value>>);

fn ask(server: &Server<Influxdb>, database: &str, query: &str) -> Vec<Series> {
    let answer = server.query(database, query);
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer: Value = serde_json::from_str(&answer.body).expect("the answer has that form");
    let series = answer["results"][0]["series"].as_array().cloned().unwrap_or_default();
    let read = |series: Value| {
        let part =
            |name: &str| serde_json::to_string(&series[name]).expect("the answer has that form");
        (
            serde_json::from_str(&part("tags")).unwrap_or_default(),
            serde_json::from_str(&part("columns")).expect("the answer has that form"),
            serde_json::from_str(&part("values")).expect("the answer has that form"),
        )
    };
    series.into_iter().map(read).collect()
}

/// The one number of an answer, 0 if there is none.
fn number(server: &Server<Influxdb>, database: &str, query: &str) -> f64 {
    let series = ask(server, database, query);
    series
        .first()
        .map_or(0.0, |(_, _, rows)| rows[0][1].as_f64().expect("the answer has that form"))
}

#[tokio::test]
async fn every_kind_is_read_back_as_it_was() {
    let server = influxdb();
    server.create(DATABASE);
    let registry = Registry::new();
    let builder = InfluxBuilder::new().tags(&[("env", "dev")]);
    let mut exporter = builder.attach(&registry, writer(server.http())).unwrap();
    some_of_each(&registry);
    exporter.flush().await.unwrap();

    let fields = |name: &str| -> Vec<_> {
        let series = ask(&server, DATABASE, &format!("SELECT * FROM {name} GROUP BY *"));
        series
            .into_iter()
            .map(|(tags, columns, rows)| {
                assert_eq!(rows.len(), 1);
                let row = columns.into_iter().zip(rows.into_iter().next().unwrap()).skip(1);
                let row: Vec<_> =
                    row.map(|(name, value)| (name, value.as_f64().unwrap())).collect();
                (tags, row)
            })
            .collect()
    };
    let tags = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let one = |name: &str, value: f64| vec![(name.to_owned(), value)];
    assert_eq!(
        fields("c"),
        [
            (tags(&[("env", "dev"), ("q", ""), ("r", "é")]), one("count", 0.25)),
            (
                tags(&[("env", "dev"), ("q", "mail"), ("r", "a b,c=d%5C%0A50%25")]),
                one("count", 3.0)
            ),
        ]
    );
    assert_eq!(
        fields("g"),
        [("1", 2.5), ("2", -4.0), ("5", 1e300)]
            .map(|(n, value)| (tags(&[("env", "dev"), ("n", n)]), one("value", value)))
    );
    let mut histogram = fields("h");
    histogram[0].1.sort_by(|a, b| a.0.cmp(&b.0));
    let expected = [
        ("count", 4.0),
        ("p50", 1.5),
        ("p90", 3.2),
        ("p95", 3.599_999_999_999_999_6),
        ("p99", 3.92),
        ("sum", 6.5),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value));
    assert_eq!(histogram, [(tags(&[("env", "dev")]), expected.to_vec())]);
    assert_eq!(exporter.stats().dropped(), 0);
}

#[tokio::test]
async fn a_value_with_every_character_comes_back_as_documented() {
    let server = influxdb();
    server.create(DATABASE);
    let registry = Registry::new();
    let mut exporter = InfluxBuilder::new().attach(&registry, writer(server.http())).unwrap();
    let family = registry.counter_family("c", "", ["label"]).unwrap();
    // Each alone, at the end, and in the middle.
    let odd: Vec<String> = (0_u32..0x110)
        .filter_map(char::from_u32)
        .flat_map(|c| [format!("{c}"), format!("a{c}"), format!("a{c}b"), format!("{c},{c}")])
        .collect();
    for value in &odd {
        family.with([value]).increment();
    }
    exporter.flush().await.unwrap();
    assert_eq!(exporter.stats().dropped(), 0);

    let mut expected: Vec<_> = odd
        .iter()
        .map(|value| {
            let escape = |c: char| match c {
                '%' | '\\' => format!("%{:02X}", u32::from(c)),
                c if c.is_control() => {
                    c.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect()
                }
                c => c.to_string(),
            };
            value.chars().map(escape).collect::<String>()
        })
        .collect();
    expected.sort();
    let mut read: Vec<_> = ask(&server, DATABASE, "SELECT * FROM c GROUP BY *")
        .into_iter()
        .map(|(mut tags, _, _)| tags.remove("label").unwrap())
        .collect();
    read.sort();
    assert_eq!(read, expected);
}

#[tokio::test]
async fn points_come_over_udp_too() {
    let server = influxdb();
    let registry = Registry::new();
    let to = Udp::new(server.udp().to_string());
    let mut exporter = InfluxBuilder::new().attach(&registry, to).unwrap();
    let family = registry.counter_family("c", "", ["n"]).unwrap();
    for n in 0..200 {
        family.with([&n.to_string()]).add(n);
    }
    exporter.flush().await.unwrap();
    assert!(exporter.stats().sent() > 3, "a datagram is small");
    let sum = || number(&server, "udp", "SELECT sum(\"count\") FROM c");
    assert!(until(Duration::from_secs(20), || sum() == 19_900.0), "{}", sum());
}

#[tokio::test]
async fn what_is_rejected_is_counted_as_the_server_says_and_the_rest_is_there() {
    let server = influxdb();
    server.create(DATABASE);
    let path = format!("/write?db={}", http::escaped(DATABASE));
    assert_eq!(http::post(server.http(), &path, "bad count=\"a text\"").status, 204);
    let registry = Registry::new();
    let mut exporter = InfluxBuilder::new().attach(&registry, writer(server.http())).unwrap();
    registry.counter("bad", "").unwrap().add(5);
    registry.counter("good", "").unwrap().add(7);
    let error = exporter.flush().await.unwrap_err();
    assert!(error.is_rejected());
    assert!(error.to_string().contains("field type conflict"), "{error}");
    assert_eq!(exporter.stats().dropped(), 1);
    assert_eq!(number(&server, DATABASE, "SELECT sum(\"count\") FROM good"), 7.0);
}

#[tokio::test]
async fn points_wait_for_a_database_that_is_not_there_yet() {
    let server = influxdb();
    let registry = Registry::new();
    let mut exporter = InfluxBuilder::new().attach(&registry, writer(server.http())).unwrap();
    let counter = registry.counter("c", "").unwrap();
    counter.add(5);
    let error = exporter.flush().await.unwrap_err();
    assert!(!error.is_rejected());
    assert!(error.to_string().contains("database not found"), "{error}");
    counter.add(2);
    server.create(DATABASE);
    exporter.flush().await.unwrap();
    assert_eq!(number(&server, DATABASE, "SELECT sum(\"count\") FROM c"), 7.0);
}

#[tokio::test]
async fn ten_thousand_label_sets_arrive_and_more_than_the_bound_are_one() {
    let server = influxdb();
    server.create(DATABASE);
    let registry = Registry::with_series_limit(NonZeroUsize::new(10_000).unwrap());
    let mut exporter = InfluxBuilder::new().attach(&registry, writer(server.http())).unwrap();
    let family = registry.counter_family("c", "", ["n"]).unwrap();
    for n in 0..10_500 {
        family.with([&n.to_string()]).increment();
    }
    exporter.flush().await.unwrap();
    assert_eq!(number(&server, DATABASE, "SELECT sum(\"count\") FROM c"), 10_500.0);
    assert_eq!(number(&server, DATABASE, "SELECT count(\"count\") FROM c"), 10_001.0);
    let overflow = "SELECT sum(\"count\") FROM c WHERE n = '__overflow__'";
    assert_eq!(number(&server, DATABASE, overflow), 500.0);
}
