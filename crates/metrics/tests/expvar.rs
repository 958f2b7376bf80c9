//! What `/debug/vars` shows.
#![cfg(feature = "expvar")]

use std::collections::BTreeMap;

use oxkit_metrics::{Buckets, Expvar, Registry};
use proptest::prelude::*;
use serde_json::Value;

fn shown(registry: &Registry) -> String {
    String::from_utf8(Expvar::new(registry).encode().1).expect("it is UTF-8")
}

#[test]
fn an_empty_registry_is_an_empty_object() {
    assert_eq!(shown(&Registry::new()), "{\n}\n");
    assert_eq!(shown(&Registry::discard()), "{\n}\n");
}

#[test]
fn every_kind_is_shown() {
    let registry = Registry::new();
    registry.counter("c", "").unwrap().add_f64(1.25);
    let gauge = registry.gauge_family("g", "", ["a", "b"]).unwrap();
    gauge.with(["1", "x,\"\\\n"]).set(-3.0);
    gauge.with(["2", ""]).set(f64::NAN);
    gauge.with(["3", ""]).set(f64::NEG_INFINITY);
    gauge.with(["4", ""]).set(1e300);
    let buckets = Buckets::linear(10.0, 10.0, 10).unwrap();
    let histogram = registry.histogram_family("h", "", ["m"], buckets).unwrap();
    let _empty = histogram.with(["empty"]);
    for value in 1..=100 {
        histogram.with(["full"]).observe(f64::from(value));
    }
    registry.up_down_counter("u", "").unwrap().add(-7);
    assert_eq!(
        shown(&registry),
        r#"{
"c": 1.25,
"g{a=\"1\",b=\"x,\\\"\\\\\u000a\"}": -3,
"g{a=\"2\",b=\"\"}": null,
"g{a=\"3\",b=\"\"}": null,
"g{a=\"4\",b=\"\"}": 1e300,
"h.p50{m=\"empty\"}": null,
"h.p90{m=\"empty\"}": null,
"h.p95{m=\"empty\"}": null,
"h.p99{m=\"empty\"}": null,
"h.count{m=\"empty\"}": 0,
"h.sum{m=\"empty\"}": 0,
"h.p50{m=\"full\"}": 50,
"h.p90{m=\"full\"}": 90,
"h.p95{m=\"full\"}": 95,
"h.p99{m=\"full\"}": 99,
"h.count{m=\"full\"}": 100,
"h.sum{m=\"full\"}": 5050,
"u": -7
}
"#
    );
}

proptest! {
    #[test]
    fn any_label_is_read_back_as_json_and_none_is_taken_for_another(
        values in prop::collection::btree_map(("[\\\\\",a=\n{}]{0,4}|.{0,4}", "[\\\\\",a]{0,3}"), any::<i32>(), 0..20),
    ) {
        let registry = Registry::new();
        let family = registry.gauge_family("g", "", ["x", "y"]).unwrap();
        for ((x, y), value) in &values {
            family.with([x, y]).set(f64::from(*value));
        }
        let read: BTreeMap<String, Value> = serde_json::from_str(&shown(&registry)).unwrap();
        prop_assert_eq!(read.len(), values.len());
        for ((x, y), value) in values {
            let escape = |text: String| text.replace('\\', "\\\\").replace('"', "\\\"");
            let key = format!("g{{x=\"{}\",y=\"{}\"}}", escape(x), escape(y));
            prop_assert_eq!(read[&key].as_f64(), Some(f64::from(value)));
        }
    }
}
