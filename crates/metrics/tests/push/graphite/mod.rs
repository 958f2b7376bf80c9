//! Graphite.

mod lines;
mod trouble;
mod with_graphite;
mod with_victoria_metrics;

use std::time::{SystemTime, UNIX_EPOCH};

use oxkit_metrics::{Buckets, Registry};

/// A line without its time, and its time in seconds.
fn without_time(line: &str) -> (&str, u64) {
    let (line, time) = line.rsplit_once(' ').expect("a time");
    (line, time.parse().expect("it is a number"))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_secs()
}

fn some_of_each(registry: &Registry) {
    let counter = registry.counter_family("c", "", ["q", "r"]).expect("a new name");
    counter.with(["mail", "a b;c=é"]).add(3);
    counter.with(["mail", ""]).add_f64(0.25);
    let gauge = registry.gauge_family("g", "", ["n"]).expect("a new name");
    for (label, value) in
        [("1", 2.5), ("2", -4.0), ("3", f64::NAN), ("4", f64::INFINITY), ("5", 1e30)]
    {
        gauge.with([label]).set(value);
    }
    let buckets = Buckets::new(&[1.0, 2.0, 4.0]).expect("they ascend");
    let histogram = registry.histogram("h", "", buckets.clone()).expect("a new name");
    for value in [0.5, 1.5, 1.5, 3.0] {
        histogram.observe(value);
    }
    registry.histogram("idle", "", buckets).expect("a new name");
    registry.up_down_counter("u", "").expect("a new name").add(4);
}
