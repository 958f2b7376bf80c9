//! InfluxDB.

mod http;
mod lines;
mod tls;
mod trouble;
mod with_influxdb;
mod with_victoria_metrics;

use std::time::{SystemTime, UNIX_EPOCH};

use oxkit_metrics::{Buckets, Registry};

/// A line without its time, which is checked: in nanoseconds, of the last minute.
fn without_time(line: &str) -> String {
    let (point, time) = line.strip_suffix('\n').unwrap_or(line).rsplit_once(' ').expect("a time");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later").as_nanos();
    let time = time.parse::<u128>().expect("it is a number");
    assert!((now - 60_000_000_000..=now).contains(&time), "{line}");
    point.to_owned()
}

fn some_of_each(registry: &Registry) {
    let counter = registry.counter_family("c", "", ["q", "r"]).expect("a new name");
    counter.with(["mail", "a b,c=d\\\n50%"]).add(3);
    counter.with(["mail", "idle"]).add(0);
    counter.with(["", "é"]).add_f64(0.25);
    let gauge = registry.gauge_family("g", "", ["n"]).expect("a new name");
    for (label, value) in
        [("1", 2.5), ("2", -4.0), ("3", f64::NAN), ("4", f64::INFINITY), ("5", 1e300)]
    {
        gauge.with([label]).set(value);
    }
    let buckets = Buckets::new(&[1.0, 2.0, 4.0]).expect("they ascend");
    let histogram = registry.histogram("h", "", buckets).expect("a new name");
    for value in [0.5, 1.5, 1.5, 3.0] {
        histogram.observe(value);
    }
    registry.up_down_counter("u", "").expect("a new name").add(4);
}
