//! A receiver that is down, loses its answers, or rejects.

use std::{collections::HashSet, time::Duration};

use oxkit_metrics::{Buckets, InfluxBuilder, Registry};
use tokio::time::sleep;

use super::without_time;
use crate::{Mood, Receiver};

/// What a database has of these lines: points of the same series and time once, and of each field
/// the sum.
fn sum(lines: &[String], field: &str) -> f64 {
    let points: HashSet<_> = lines.iter().collect();
    let value = |point: &&String| {
        let fields = point.split(' ').nth(1)?;
        let mut fields = fields.split(',').filter_map(|pair| pair.split_once('='));
        fields.find(|(name, _)| *name == field)?.1.parse::<f64>().ok()
    };
    points.iter().filter_map(value).sum()
}

#[tokio::test(start_paused = true)]
async fn thirty_seconds_of_trouble_lose_no_increment_and_no_observation() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = InfluxBuilder::new()
        .interval(Duration::from_secs(1))
        .send_timeout(Duration::from_millis(300));
    let exporter = builder.attach(&registry, receiver.clone()).unwrap().spawn();
    let stats = exporter.stats();
    let counter = registry.counter("c", "").unwrap();
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    for second in 0..90 {
        receiver.is(match second {
            20..35 => Mood::Down,
            35..50 => Mood::Hangs,
            50..65 => Mood::Mute,
            _ => Mood::Up,
        });
        for _ in 0..10 {
            counter.increment();
            histogram.observe(0.5);
        }
        sleep(Duration::from_secs(1)).await;
    }
    counter.increment();
    exporter.shutdown().await;
    let received = receiver.lines();
    let of = |name: &str| -> Vec<_> {
        received.iter().filter(|line| line.starts_with(name)).cloned().collect()
    };
    assert_eq!(sum(&of("c "), "count"), 901.0);
    assert_eq!(sum(&of("h "), "count"), 900.0);
    assert_eq!(sum(&of("h "), "sum"), 450.0);
    assert_eq!(stats.dropped(), 0);
    assert!((45..100).contains(&stats.failures()), "{}", stats.failures());
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_trouble_takes_no_more_memory_than_a_flush() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = InfluxBuilder::new().request_size(2_000);
    let exporter = builder.attach(&registry, receiver.clone()).unwrap().spawn();
    let family = registry.counter_family("c", "", ["n"]).unwrap();
    let count = || {
        for n in 0..100 {
            family.with([&n.to_string()]).increment();
        }
    };
    receiver.is(Mood::Mute);
    for _ in 0..3_600 {
        count();
        sleep(Duration::from_secs(1)).await;
    }
    // Always the same request.
    let packets = receiver.packets();
    assert!(packets.len() > 300 && packets.iter().all(|packet| *packet == packets[0]));
    receiver.is(Mood::Up);
    exporter.shutdown().await;
    let rest = receiver.packets();
    assert!(rest.len() <= 4, "{}", rest.len());
    let all: Vec<_> = rest.iter().flat_map(|packet| packet.lines()).map(str::to_owned).collect();
    assert_eq!(sum(&all, "count"), 360_000.0);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_is_dropped_sends_nothing_more() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = InfluxBuilder::new().interval(Duration::from_secs(1));
    let exporter = builder.attach(&registry, receiver.clone()).unwrap().spawn();
    registry.counter("c", "").unwrap().increment();
    drop(exporter);
    sleep(Duration::from_secs(60)).await;
    assert!(receiver.packets().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_answer_got_lost_is_sent_again_as_it_was() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let mut exporter = InfluxBuilder::new().attach(&registry, receiver.clone()).unwrap();
    let counter = registry.counter("c", "").unwrap();
    counter.add(2);
    receiver.is(Mood::Mute);
    exporter.flush().await.unwrap_err();
    counter.add(3);
    exporter.flush().await.unwrap_err();
    receiver.is(Mood::Up);
    exporter.flush().await.unwrap();
    let packets = receiver.packets();
    assert_eq!(packets[0], packets[1]);
    assert_eq!(packets[0], packets[2]);
    assert_eq!(without_time(&packets[0]), "c count=2");
    assert_eq!(without_time(&packets[3]), "c count=3");
    assert_eq!(packets.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_receiver_is_left_alone_for_as_long_as_it_asks_and_not_at_the_end() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    receiver.is(Mood::Busy(Duration::from_secs(30)));
    let builder = InfluxBuilder::new().interval(Duration::from_secs(1));
    let exporter = builder.attach(&registry, receiver.clone()).unwrap().spawn();
    let stats = exporter.stats();
    registry.counter("c", "").unwrap().increment();
    let start = tokio::time::Instant::now();
    // One after a second, and then one every thirty.
    for (second, failures) in [(30, 1), (31, 1), (32, 2), (61, 2), (62, 3), (91, 3)] {
        tokio::time::sleep_until(start + Duration::from_secs(second)).await;
        assert_eq!(stats.failures(), failures, "after {second} s");
    }
    receiver.is(Mood::Up);
    exporter.shutdown().await;
    assert_eq!(sum(&receiver.lines(), "count"), 1.0);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_is_given_up_is_taken_up_where_it_was() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = InfluxBuilder::new().request_size(40);
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    let family = registry.counter_family("c", "", ["n"]).unwrap();
    for n in ["1", "2", "3"] {
        family.with([n]).increment();
    }
    receiver.is(Mood::Hangs);
    assert!(tokio::time::timeout(Duration::from_millis(1), exporter.flush()).await.is_err());
    family.with(["1"]).increment();
    receiver.is(Mood::Up);
    exporter.flush().await.unwrap();
    let points: Vec<_> = receiver.lines().iter().map(|line| without_time(line)).collect();
    let expected = ["c,n=1 count=1", "c,n=1 count=1", "c,n=2 count=1", "c,n=3 count=1"];
    assert_eq!(points, expected);
}

#[tokio::test]
async fn what_is_rejected_is_dropped_and_counted_and_the_rest_goes_on() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let mut exporter = InfluxBuilder::new().attach(&registry, receiver.clone()).unwrap();
    let family = registry.counter_family("c", "", ["n"]).unwrap();
    for n in 0..10 {
        family.with([&n.to_string()]).increment();
    }
    receiver.is(Mood::Rejects(3));
    let error = exporter.flush().await.unwrap_err();
    assert!(error.is_rejected());
    let stats = exporter.stats();
    assert_eq!((stats.sent(), stats.failures(), stats.dropped()), (0, 1, 3));
    assert_eq!(stats.last_error().unwrap().to_string(), "no");

    family.with(["0"]).increment();
    receiver.is(Mood::Rejects(1_000));
    exporter.flush().await.unwrap_err();
    // One, and two that tell of the rejection before, whatever the receiver says.
    assert_eq!(stats.dropped(), 6);
    receiver.is(Mood::Up);
    receiver.packets();
    exporter.flush().await.unwrap();
    assert!(receiver.packets().is_empty(), "nothing of it comes again");
}

#[tokio::test(start_paused = true)]
async fn the_end_is_in_time_and_what_is_left_is_counted() {
    for mood in [Mood::Down, Mood::Hangs] {
        let (registry, receiver) = (Registry::new(), Receiver::default());
        receiver.is(mood);
        let builder = InfluxBuilder::new()
            .interval(Duration::from_secs(10))
            .send_timeout(Duration::from_secs(60))
            .last_flush_timeout(Duration::from_secs(2));
        let exporter = builder.attach(&registry, receiver.clone()).unwrap().spawn();
        let stats = exporter.stats();
        let family = registry.counter_family("c", "", ["n"]).unwrap();
        for n in ["1", "2", "3"] {
            family.with([n]).increment();
        }
        // One flush is under way, or has failed.
        sleep(Duration::from_secs(15)).await;
        family.with(["4"]).increment();
        family.with(["1"]).increment();
        let start = tokio::time::Instant::now();
        exporter.shutdown().await;
        assert!(start.elapsed() <= Duration::from_secs(2), "{mood:?}: {:?}", start.elapsed());
        assert_eq!(stats.dropped(), 5, "{mood:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_only_the_last_flush_sets_an_interval_of_for_ever() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = InfluxBuilder::new()
        .interval(Duration::MAX)
        .send_timeout(Duration::MAX)
        .last_flush_timeout(Duration::MAX);
    let exporter = builder.attach(&registry, receiver.clone()).unwrap().spawn();
    registry.counter("c", "").unwrap().increment();
    sleep(Duration::from_secs(86_400)).await;
    assert!(receiver.packets().is_empty());
    exporter.shutdown().await;
    assert_eq!(sum(&receiver.lines(), "count"), 1.0);
}
