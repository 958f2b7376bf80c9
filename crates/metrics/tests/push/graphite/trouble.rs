//! A receiver that is down, loses its answers, or stops in the middle.

use std::{collections::HashMap, time::Duration};

use oxkit_metrics::{Buckets, GraphiteBuilder, Registry, SendError, Tcp, Transport};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::sleep,
};

use super::without_time;
use crate::{Mood, Receiver};

/// What a database has of these lines: one value for each name and second, the last one.
fn kept(lines: &[String]) -> HashMap<(String, u64), f64> {
    let mut points = HashMap::new();
    for line in lines {
        let (point, time) = without_time(line);
        let (name, value) = point.split_once(' ').expect("a value");
        points.insert((name.to_owned(), time), value.parse().expect("it is a number"));
    }
    points
}

#[tokio::test(start_paused = true)]
async fn thirty_seconds_of_trouble_lose_no_increment() {
    for increments in [false, true] {
        let (registry, receiver) = (Registry::new(), Receiver::default());
        let mut builder = GraphiteBuilder::new()
            .interval(Duration::from_secs(1))
            .send_timeout(Duration::from_millis(300));
        if increments {
            builder = builder.increments();
        }
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
        let points = kept(&receiver.lines());
        let of = |name| points.iter().filter(move |((have, _), _)| have == name);
        for (name, expected) in [("c", 901.0), ("h.count", 900.0), ("h.sum", 450.0)] {
            let value: f64 = if increments {
                of(name).map(|(_, value)| value).sum()
            } else {
                of(name).map(|(_, value)| *value).fold(0.0, f64::max)
            };
            assert_eq!(value, expected, "{name}");
        }
        assert_eq!(stats.dropped(), 0);
        assert!(stats.failures() > 30, "{}", stats.failures());
    }
}

#[tokio::test]
async fn two_increments_never_share_a_second() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = GraphiteBuilder::new().increments();
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    let counter = registry.counter("c", "").unwrap();
    for _ in 0..5 {
        counter.increment();
        exporter.flush().await.unwrap();
    }
    assert_eq!(kept(&receiver.lines()).len(), 5);
}

/// What a receiver got over one connection of which it reads so many bytes, and what the sender
/// made of it.
async fn over_tcp(
    tcp: &mut Tcp,
    listener: &TcpListener,
    request: &[u8],
    reads: usize,
) -> (Vec<u8>, Result<(), SendError>) {
    let receive = async {
        let (mut connection, _) = listener.accept().await.expect("it is bound");
        let mut got = Vec::new();
        let reads = u64::try_from(reads).expect("it is not that many");
        (&mut connection).take(reads).read_to_end(&mut got).await.expect("the sender is there");
        got
    };
    tokio::join!(receive, tcp.send(request))
}

#[tokio::test]
async fn a_request_counts_as_sent_once_all_of_it_was_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut tcp = Tcp::new(listener.local_addr().unwrap().to_string());
    let request = "c 1 1\n".repeat(50_000).into_bytes();
    // A receiver that dies closes with bytes unread, at any place.
    for reads in [0, 1, 5, 6, 299_999] {
        let (got, sent) = over_tcp(&mut tcp, &listener, &request, reads).await;
        assert_eq!(got.len(), reads);
        assert!(!sent.unwrap_err().is_rejected(), "{reads}");
    }
    let (got, sent) = over_tcp(&mut tcp, &listener, &request, usize::MAX >> 1).await;
    assert_eq!(got, request);
    sent.unwrap();
}

#[tokio::test]
async fn a_receiver_that_never_closes_is_taken_at_the_systems_word_if_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    Tcp::new(&address).without_receipt().send(b"c 1 1\n").await.unwrap();
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut got = String::new();
    connection.read_to_string(&mut got).await.unwrap();
    assert_eq!(got, "c 1 1\n");

    // One that talks back, and closes after it.
    let mut tcp = Tcp::new(&address);
    let talk = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        connection.write_all(b"hello, who is there?\n").await.unwrap();
        let mut got = String::new();
        connection.read_to_string(&mut got).await.unwrap();
        got
    };
    let (got, sent) = tokio::join!(talk, tcp.send(b"c 2 2\n"));
    sent.unwrap();
    assert_eq!(got, "c 2 2\n");
}
