//! Line by line.

use std::collections::BTreeMap;

use oxkit_metrics::{InfluxBuilder, MetricError, Registry};
use proptest::prelude::*;

use super::{some_of_each, without_time};
use crate::Receiver;

#[test]
fn a_tag_of_all_points_that_influxdb_would_reject_is_refused_at_once() {
    for name in ["time", "_field", "_"] {
        let builder = InfluxBuilder::new().tags(&[("env", "dev"), (name, "x")]);
        let error = builder.attach(&Registry::new(), Receiver::default()).unwrap_err();
        assert!(error.is_invalid_setting());
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
    }
}

#[tokio::test]
async fn points_have_the_fields_of_go_kit_and_only_what_came_since() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = InfluxBuilder::new().prefix("a p,p#.").tags(&[("env", "dev"), ("q", "lost")]);
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    some_of_each(&registry);
    exporter.flush().await.unwrap();
    let points: Vec<_> = receiver.lines().iter().map(|line| without_time(line)).collect();
    let gauges = [
        "app.g,env=dev,q=lost,n=1 value=2.5",
        "app.g,env=dev,q=lost,n=2 value=-4",
        "app.g,env=dev,q=lost,n=5 value=1e300",
        "app.u,env=dev,q=lost value=4",
    ];
    assert_eq!(
        points,
        [
            "app.c,env=dev,r=é count=0.25",
            r"app.c,env=dev,q=mail,r=a\ b\,c\=d%5C%0A50%25 count=3",
            gauges[0],
            gauges[1],
            gauges[2],
            "app.h,env=dev,q=lost count=4,sum=6.5,p50=1.5,p90=3.2,p95=3.5999999999999996,p99=3.92",
            gauges[3],
        ]
    );

    exporter.flush().await.unwrap();
    let again: Vec<_> = receiver.lines().iter().map(|line| without_time(line)).collect();
    assert_eq!(again, gauges, "nothing came to the others");

    registry.counter_family("c", "", ["q", "r"]).unwrap().with(["mail", "idle"]).increment();
    exporter.flush().await.unwrap();
    let again = receiver.lines();
    assert_eq!(without_time(&again[0]), "app.c,env=dev,q=mail,r=idle count=1");
    let stats = exporter.stats();
    assert_eq!((stats.sent(), stats.failures(), stats.dropped()), (3, 0, 0));
}

#[test]
fn a_name_that_influxdb_keeps_for_itself_is_refused_where_it_is_made() {
    let registry = Registry::new();
    let _exporter = InfluxBuilder::new().attach(&registry, Receiver::default()).unwrap();
    let check = |made: Result<(), MetricError>, proposed: &str| {
        let error = made.unwrap_err();
        assert!(error.is_refused());
        assert!(error.to_string().ends_with(proposed), "{error}");
    };
    check(registry.counter_family("c", "", ["time"]).map(drop), "`the_time` would do");
    check(registry.counter_family("c", "", ["_field"]).map(drop), "`the_field` would do");
    check(registry.gauge("_internal", "").map(drop), "`the_internal` would do");
    assert!(registry.counter_family("c", "", ["the_time"]).is_ok());
    let late = InfluxBuilder::new().attach(&registry, Receiver::default());
    assert!(late.unwrap_err().is_refused());
}

/// Reads a line as the protocol's description has it: a backslash takes the meaning of the comma,
/// equals sign or space behind it.
fn parse(line: &str) -> (String, BTreeMap<String, String>, String) {
    let mut parts = vec![String::new()];
    let mut ends = Vec::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek().is_some_and(|next| ",= ".contains(*next)) => {
                parts.last_mut().expect("never empty").extend(chars.next());
            }
            ' ' => {
                ends.push(' ');
                break;
            }
            ',' | '=' => {
                ends.push(c);
                parts.push(String::new());
            }
            c => parts.last_mut().expect("never empty").push(c),
        }
    }
    let rest = chars.collect();
    let mut parts = parts.into_iter();
    let name = parts.next().expect("never empty");
    let mut tags = BTreeMap::new();
    while let (Some(tag), Some(value)) = (parts.next(), parts.next()) {
        assert!(tags.insert(tag, value).is_none(), "a tag twice: {line}");
    }
    (name, tags, rest)
}

/// Takes the percent-encoding back.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits =
                [rest.next().expect("it was encoded"), rest.next().expect("it was encoded")];
            let digits = std::str::from_utf8(&digits).expect("it was encoded");
            bytes.push(u8::from_str_radix(digits, 16).expect("it was encoded"));
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).expect("it was encoded")
}

proptest! {
    /// Whatever the labels and the size, lines stay whole and say what was meant.
    #[test]
    fn requests_are_never_corrupt(
        values in prop::collection::btree_map(
            ("[ab,= \\\\\n\"#%\0\u{85}]{0,4}|.{0,6}", "[,= \\\\]{0,3}|.{0,3}"), 1..1000_u32, 0..40),
        size in 20..400_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (registry, receiver) = (Registry::new(), Receiver::default());
            let builder = InfluxBuilder::new().request_size(size);
            let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
            let family = registry.counter_family("c", "", ["k", "l"]).unwrap();
            for ((k, l), n) in &values {
                family.with([k, l]).add(u64::from(*n));
            }
            exporter.flush().await.unwrap();
            let packets = receiver.packets();
            prop_assert!(packets.iter().all(|packet| packet.len() <= size && packet.ends_with('\n')));
            let mut read = BTreeMap::new();
            for line in packets.iter().flat_map(|packet| packet.split_terminator('\n')) {
                let (name, mut tags, rest) = parse(line);
                prop_assert_eq!(name, "c");
                let mut tag = |name| tags.remove(name).map_or(String::new(), |tag| decoded(&tag));
                let key = (tag("k"), tag("l"));
                prop_assert!(tags.is_empty());
                let rest = without_time(&rest);
                let n = rest.strip_prefix("count=").unwrap().parse::<u32>().unwrap();
                prop_assert!(read.insert(key, n).is_none());
            }
            prop_assert_eq!(read.len() as u64 + exporter.stats().dropped(), values.len() as u64);
            prop_assert!(read.iter().all(|(key, n)| values.get(key) == Some(n)));
            Ok(())
        })?;
    }
}
