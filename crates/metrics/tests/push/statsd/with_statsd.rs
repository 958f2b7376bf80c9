//! The original statsd, which reads the tags of `DogStatsD` too.

use std::{fmt::Write, num::NonZeroUsize, time::Duration};

use oxkit_metrics::{Buckets, Exporter, Registry, StatsdBuilder, Udp, datadog};
use testing_servers::{Server, Statsd, statsd, until};

const SOON: Duration = Duration::from_secs(20);

fn attach(server: &Server<Statsd>, builder: StatsdBuilder, registry: &Registry) -> Exporter {
    builder.attach(registry, Udp::new(server.address().to_string())).expect("it is empty")
}

/// Waits until the server has this value, and fails with the one it has.
fn check(server: &Server<Statsd>, kind: &str, name: &str, expected: &str) {
    let is = || server.value(kind, name);
    let same = until(SOON, || is().as_deref() == Some(expected));
    assert!(same, "{name} is {:?} and not {expected}:\n{}", is(), server.ask(kind));
}

#[tokio::test]
async fn every_kind_is_read_back_as_it_was() {
    let server = statsd();
    let registry = Registry::new();
    let mut exporter = attach(&server, StatsdBuilder::statsd().prefix("app."), &registry);
    let counter = registry.counter_family("c", "", ["q"]).unwrap();
    counter.with(["mail"]).add(3);
    counter.with(["a b:c|d"]).add_f64(0.25);
    let gauge = registry.gauge_family("g", "", ["n"]).unwrap();
    for (n, value) in [("1", 2.5), ("2", -4.0), ("3", f64::NAN), ("4", f64::INFINITY)] {
        gauge.with([n]).set(value);
    }
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    histogram.observe(0.5);
    histogram.observe(7.0);
    exporter.flush().await.unwrap();
    check(&server, "counters", "app.c.mail", "3");
    check(&server, "counters", "app.c.a_20b_3ac_7cd", "0.25");
    check(&server, "gauges", "app.g.1", "2.5");
    check(&server, "gauges", "app.g.2", "-4");
    check(&server, "timers", "app.h", "[ 0.5, 7 ]");
    assert_eq!(server.value("gauges", "app.g.3"), None);
    assert_eq!(server.value("gauges", "app.g.4"), None);

    counter.with(["mail"]).add(4);
    gauge.with(["2"]).set(-5.5);
    exporter.flush().await.unwrap();
    check(&server, "counters", "app.c.mail", "7");
    check(&server, "gauges", "app.g.2", "-5.5");
    check(&server, "counters", "statsd.bad_lines_seen", "0");
}

#[tokio::test]
async fn what_is_sampled_counts_as_if_it_were_not() {
    let server = statsd();
    let registry = Registry::new();
    let builder = StatsdBuilder::statsd().sample_rate(0.25).packet_size(100);
    let mut exporter = attach(&server, builder, &registry);
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    for _ in 0..4_000 {
        histogram.observe(1.0);
    }
    registry.counter("c", "").unwrap().add(4_000);
    exporter.flush().await.unwrap();
    check(&server, "counters", "c", "4000");
    // Each line stands for four. The standard deviation of their number is 27.4.
    let lines = || -> u32 {
        let shown = server.ask("timers");
        let more =
            shown.split_once("... ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        more.map_or(0, |more: u32| 100 + more)
    };
    assert!(until(SOON, || lines() > 800), "{}", server.ask("timers"));
    assert!((800..1_200).contains(&lines()), "{}", lines());
}

#[tokio::test]
async fn the_tags_of_dog_statsd_are_read_back() {
    let server = statsd();
    let registry = Registry::new();
    let builder = StatsdBuilder::dog_statsd().tags(&[("env", "dev")]);
    let mut exporter = attach(&server, builder, &registry);
    let counter = registry.counter_family("c", "", ["q"]).unwrap();
    counter.with(["mail"]).add(3);
    registry.gauge_family("g", "", ["n"]).unwrap().with(["1"]).set(2.5);
    exporter.flush().await.unwrap();
    check(&server, "counters", "c;env=dev;q=mail", "3");
    check(&server, "gauges", "g;env=dev;n=1", "2.5");
    check(&server, "counters", "statsd.bad_lines_seen", "0");
}

#[tokio::test]
async fn values_with_every_character_make_no_bad_line() {
    let server = statsd();
    for (dog, builder) in [(false, StatsdBuilder::statsd()), (true, StatsdBuilder::dog_statsd())] {
        let registry = Registry::new();
        let name = if dog { "dog" } else { "plain" };
        let mut exporter = attach(&server, builder.prefix(name), &registry);
        let family = registry.counter_family("c", "", ["l"]).unwrap();
        let mut count = 0;
        for c in (0_u32..0x110).filter_map(char::from_u32) {
            for value in [format!("{c}"), format!("a{c}b"), format!("{c}{c}")] {
                family.with([&value]).increment();
                count += 1;
            }
        }
        exporter.flush().await.unwrap();
        // The server itself turns some characters of tags into one; without tags all are apart.
        let series = || {
            let mut expected = String::new();
            write!(expected, "{name}c").expect("writing to a String does not fail");
            let answer = server.ask("counters");
            let lines = answer.lines().filter(|line| line.contains(&expected));
            let values = lines
                .filter_map(|line| line.rsplit_once(": ")?.1.trim_end_matches(',').parse().ok());
            values.fold((0, 0), |(series, sum), value: u32| (series + 1, sum + value))
        };
        let _ = until(SOON, || series().1 == count);
        assert_eq!(series().1, count);
        assert!(dog || series().0 == count, "{:?}", series());
    }
    check(&server, "counters", "statsd.bad_lines_seen", "0");
}

#[tokio::test]
async fn ten_thousand_label_sets_arrive() {
    let server = statsd();
    let registry = Registry::with_series_limit(NonZeroUsize::new(10_000).unwrap());
    let mut exporter = attach(&server, StatsdBuilder::statsd(), &registry);
    let family = registry.counter_family("c", "", ["n"]).unwrap();
    // A receiver's buffer holds some hundred packets: they come in portions.
    for part in 0..20 {
        for n in part * 500..(part + 1) * 500 {
            family.with([&n.to_string()]).increment();
        }
        exporter.flush().await.unwrap();
        check(&server, "counters", &format!("c.{}", (part + 1) * 500 - 1), "1");
    }
    assert_eq!(server.ask("counters").matches("'c.").count(), 10_000);
}

#[tokio::test]
async fn increments_made_while_nobody_listens_arrive_later() {
    let server = statsd();
    let registry = Registry::new();
    let mut exporter = attach(&server, StatsdBuilder::statsd(), &registry);
    let counter = registry.counter("c", "").unwrap();
    server.stop();
    // UDP tells of a port without a listener one packet late: the first is lost without a word.
    registry.counter("lost", "").unwrap().increment();
    exporter.flush().await.unwrap();
    for _ in 0..5 {
        counter.increment();
        // It is told with the next packet, then again after another one went out.
        let _ = exporter.flush().await;
    }
    assert!(exporter.stats().failures() >= 1);
    server.restart();
    // What is still to be told is.
    let _ = exporter.flush().await;
    counter.add(100);
    exporter.flush().await.unwrap();
    let value = || server.value("counters", "c").and_then(|value| value.parse::<u32>().ok());
    assert!(until(SOON, || value().is_some()), "{}", server.ask("counters"));
    assert!((100..=105).contains(&value().unwrap()), "{:?}", value());
}

#[tokio::test]
async fn events_and_checks_are_for_the_agent_alone() {
    let server = statsd();
    let registry = Registry::new();
    let to = Udp::new(server.address().to_string());
    let (mut exporter, events) =
        StatsdBuilder::dog_statsd().attach_with_events(&registry, to).unwrap();
    registry.counter("c", "").unwrap().increment();
    events.send(&datadog::Event::new("title", "text\nof two lines"));
    events.check(&datadog::ServiceCheck::new("svc.up", datadog::Status::Ok));
    exporter.flush().await.unwrap();
    // Statsd does not know them, and the metric beside them is whole.
    check(&server, "counters", "c", "1");
    let bad = server.value("counters", "statsd.bad_lines_seen").unwrap();
    assert!(bad.parse::<u32>().unwrap() >= 2, "{bad}");
    assert!(!server.ask("gauges").contains("title"));
}
