//! A receiver that is down, hangs, or stops in the middle.

use std::{num::NonZeroUsize, time::Duration};

use oxkit_metrics::{Buckets, Exporter, ExporterTask, Registry, StatsdBuilder};
use static_assertions::assert_impl_all;
use tokio::sync::oneshot;

use crate::{Mood, Receiver};

assert_impl_all!(Exporter: Send, std::fmt::Debug);
assert_impl_all!(ExporterTask: Send, Sync);

/// The increments of counter `name` in some lines.
fn sum(lines: &[String], name: &str) -> f64 {
    let value = |line: &String| {
        let (head, rest) = line.split_once(':')?;
        (head == name).then(|| rest.strip_suffix("|c")?.parse::<f64>().ok()).flatten()
    };
    lines.iter().filter_map(value).sum()
}

#[tokio::test(start_paused = true)]
async fn thirty_seconds_down_lose_no_increment_and_hold_up_nobody() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::statsd().interval(Duration::from_secs(1));
    let builder = builder.buffered_observations(100);
    let exporter = builder.attach(&registry, receiver.clone()).unwrap();
    let stats = exporter.stats();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(exporter.run(async {
        let _ = stopped.await;
    }));
    let counter = registry.counter("c", "").unwrap();
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    let mut received = Vec::new();
    for second in 0..90 {
        receiver.is(match second {
            30..45 => Mood::Down,
            45..60 => Mood::Hangs,
            _ => Mood::Up,
        });
        for _ in 0..10 {
            counter.increment();
            histogram.observe(f64::from(second));
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        received.extend(receiver.lines());
    }
    counter.increment();
    stop.send(()).unwrap();
    running.await.unwrap();
    received.extend(receiver.lines());

    assert_eq!(sum(&received, "c"), 901.0);
    let observed = received.iter().filter(|line| line.starts_with("h:")).count() as u64;
    assert_eq!(observed + stats.dropped(), 900);
    // 300 came while it was away, and a hundred waited.
    assert!((190..=220).contains(&stats.dropped()), "{}", stats.dropped());
    assert!(stats.failures() >= 15, "{}", stats.failures());
}

#[tokio::test(start_paused = true)]
async fn it_sends_once_more_when_it_is_told_to_end() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let exporter = StatsdBuilder::statsd().attach(&registry, receiver.clone()).unwrap();
    let counter = registry.counter("c", "").unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(exporter.run(async {
        let _ = stopped.await;
    }));
    counter.add(2);
    tokio::time::sleep(Duration::from_millis(9_999)).await;
    assert!(receiver.packets().is_empty());
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(receiver.packets(), ["c:2|c"]);
    counter.add(3);
    stop.send(()).unwrap();
    running.await.unwrap();
    assert_eq!(receiver.packets(), ["c:3|c"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_sent_before_the_receiver_went_down_is_not_sent_again() {
    let registry = Registry::with_series_limit(NonZeroUsize::MAX);
    let receiver = Receiver::default();
    let builder = StatsdBuilder::statsd().packet_size(48);
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    let counter = registry.counter_family("c", "", ["n"]).unwrap();
    // Long enough for a packet each.
    let long = |c: &str| c.repeat(30);
    for n in ["a", "b", "d", "e"] {
        counter.with([&long(n)]).increment();
    }
    let histogram = registry.histogram(&long("h"), "", Buckets::default()).unwrap();
    for value in 1..=4 {
        histogram.observe(f64::from(value));
    }
    receiver.is(Mood::Takes(6));
    assert!(!exporter.flush().await.unwrap_err().is_rejected());
    let packets = || -> Vec<_> {
        let short = |packet: &String| {
            let mut packet: Vec<_> = packet.chars().collect();
            packet.dedup();
            packet.into_iter().collect::<String>()
        };
        receiver.packets().iter().map(short).collect()
    };
    let before = ["c.a:1|c", "c.b:1|c", "c.d:1|c", "c.e:1|c", "h:1|ms", "h:2|ms"];
    assert_eq!(packets(), before);
    receiver.is(Mood::Up);
    counter.with([&long("a")]).add(5);
    exporter.flush().await.unwrap();
    assert_eq!(packets(), ["c.a:5|c", "h:3|ms", "h:4|ms"]);
    let stats = exporter.stats();
    assert_eq!((stats.sent(), stats.failures(), stats.dropped()), (10, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_hangs_costs_one_time_limit() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::statsd().packet_size(8).send_timeout(Duration::from_millis(50));
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    let counter = registry.counter_family("c", "", ["n"]).unwrap();
    for n in 0..50 {
        counter.with([&n.to_string()]).increment();
    }
    receiver.is(Mood::Hangs);
    let start = tokio::time::Instant::now();
    assert_eq!(exporter.flush().await.unwrap_err().to_string(), "no answer in 50ms");
    assert_eq!(start.elapsed(), Duration::from_millis(50));
    assert_eq!(exporter.stats().failures(), 1);
    receiver.is(Mood::Up);
    exporter.flush().await.unwrap();
    assert_eq!(receiver.packets().len(), 50);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_is_given_up_keeps_all_for_the_next() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::statsd().packet_size(48).buffered_observations(3);
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    registry.counter("c", "").unwrap().increment();
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    for value in 1..=3 {
        histogram.observe(f64::from(value));
    }
    receiver.is(Mood::Hangs);
    let given_up = tokio::time::timeout(Duration::from_millis(1), exporter.flush()).await;
    assert!(given_up.is_err());
    histogram.observe(4.0);
    assert_eq!(exporter.stats().dropped(), 1, "all places are still taken");
    receiver.is(Mood::Up);
    exporter.flush().await.unwrap();
    assert_eq!(receiver.lines(), ["c:1|c", "h:1|ms", "h:2|ms", "h:3|ms"]);
    for value in 5..=7 {
        histogram.observe(f64::from(value));
    }
    exporter.flush().await.unwrap();
    assert_eq!(receiver.lines(), ["h:5|ms", "h:6|ms", "h:7|ms"]);
    assert_eq!(exporter.stats().dropped(), 1);
}

#[tokio::test]
async fn a_line_that_is_longer_than_a_packet_is_dropped_and_told_of() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::statsd().packet_size(20);
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    let counter = registry.counter_family("c", "", ["n"]).unwrap();
    counter.with(["short"]).increment();
    counter.with([&"long".repeat(20)]).increment();
    exporter.flush().await.unwrap();
    assert_eq!(receiver.packets(), ["c.short:1|c"]);
    assert_eq!(exporter.stats().dropped(), 1);
}

#[test]
fn a_registry_with_metrics_cannot_be_attached_to() {
    let registry = Registry::new();
    registry.counter("c", "").unwrap();
    let late = StatsdBuilder::statsd().attach(&registry, Receiver::default());
    assert!(late.unwrap_err().is_refused());
}

#[tokio::test]
async fn failures_and_what_is_dropped_are_metrics_that_all_backends_show() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::statsd().buffered_observations(1);
    let mut first = builder.clone().attach(&registry, receiver.clone()).unwrap();
    let mut second = builder.attach(&registry, Receiver::default()).unwrap();
    let names = || -> Vec<_> {
        let snapshot = registry.snapshot();
        snapshot.metrics().iter().map(|metric| metric.desc.name().to_owned()).collect()
    };
    registry.counter("c", "").unwrap().increment();
    second.flush().await.unwrap();
    assert_eq!(names(), ["c"], "there is nothing to tell");

    receiver.is(Mood::Down);
    first.flush().await.unwrap_err();
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    histogram.observe(1.0);
    histogram.observe(2.0);
    let of = |name: &str| registry.snapshot().number(name, &[("exporter", "statsd")]);
    assert_eq!(of("oxkit_metrics_push_failures_total"), Some(1.0));
    assert_eq!(of("oxkit_metrics_push_dropped_total"), Some(2.0), "one of each exporter");
    receiver.is(Mood::Up);
    first.flush().await.unwrap();
    let expected = [
        "c:1|c",
        "oxkit_metrics_push_dropped_total.statsd:2|c",
        "oxkit_metrics_push_failures_total.statsd:1|c",
        "h:1|ms",
    ];
    assert_eq!(receiver.raw_packets(), [expected.join("\n")]);
}
