//! Line by line.

use std::collections::BTreeSet;

use oxkit_metrics::{GraphiteBuilder, Registry};
use proptest::prelude::*;

use super::{now, some_of_each, without_time};
use crate::Receiver;

/// Makes metrics, and checks what is sent of them, the first time and the second.
async fn check(builder: GraphiteBuilder, first: &[&str], second: &[&str]) {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let mut exporter = builder.attach(&registry, receiver.clone()).expect("it is empty");
    some_of_each(&registry);
    let start = now();
    for (flush, expected) in [(0, first), (1, second)] {
        exporter.flush().await.expect("it is up");
        let lines = receiver.lines();
        let lines: Vec<_> = lines.iter().map(|line| without_time(line)).collect();
        // Increments have a second each.
        assert!(lines.iter().all(|(_, time)| (start..=now() + flush).contains(time)), "{lines:?}");
        assert_eq!(lines.iter().map(|(line, _)| *line).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn a_tag_of_all_lines_that_hides_their_names_is_refused_at_once() {
    let builder = GraphiteBuilder::new().tagged(&[("env", "dev"), ("name", "x")]);
    let error = builder.attach(&Registry::new(), Receiver::default()).unwrap_err();
    assert!(error.is_invalid_setting());
    assert!(error.to_string().contains("`the_name` would do"), "{error}");
}

#[tokio::test]
async fn totals_and_labels_as_parts_of_names() {
    let common = [
        "app.c.mail._e 0.25",
        "app.c.mail.a_20b_3bc_3d_c3_a9 3",
        "app.g.1 2.5",
        "app.g.2 -4",
        "app.g.5 1e30",
        "app.h.count 4",
        "app.h.sum 6.5",
    ];
    let quantiles =
        ["app.h.p50 1.5", "app.h.p90 3.2", "app.h.p95 3.5999999999999996", "app.h.p99 3.92"];
    let rest = ["app.idle.count 0", "app.idle.sum 0", "app.u 4"];
    let first = [&common[..], &quantiles, &rest].concat();
    let second = [&common[..], &rest].concat();
    check(GraphiteBuilder::new().prefix("a p;p\n."), &first, &second).await;
}

#[tokio::test]
async fn increments_and_labels_as_tags() {
    let gauges =
        ["g;q=lost;env=d%25;n=1 2.5", "g;q=lost;env=d%25;n=2 -4", "g;q=lost;env=d%25;n=5 1e30"];
    let quantiles = [
        "h.p50;q=lost;env=d%25 1.5",
        "h.p90;q=lost;env=d%25 3.2",
        "h.p95;q=lost;env=d%25 3.5999999999999996",
        "h.p99;q=lost;env=d%25 3.92",
    ];
    let rest =
        ["idle.count;q=lost;env=d%25 0", "idle.sum;q=lost;env=d%25 0", "u;q=lost;env=d%25 4"];
    let counters = ["c;env=d%25;q=mail 0.25", "c;env=d%25;q=mail;r=a%20b%3Bc%3D%C3%A9 3"];
    let counts = ["h.count;q=lost;env=d%25 4", "h.sum;q=lost;env=d%25 6.5"];
    let first = [&counters[..], &gauges, &counts, &quantiles, &rest].concat();
    let counters = ["c;env=d%25;q=mail 0", "c;env=d%25;q=mail;r=a%20b%3Bc%3D%C3%A9 0"];
    let counts = ["h.count;q=lost;env=d%25 0", "h.sum;q=lost;env=d%25 0"];
    let second = [&counters[..], &gauges, &counts, &rest].concat();
    let tags = [("q", "lost"), ("env", "d%"), ("", "none"), ("none", "")];
    check(GraphiteBuilder::new().tagged(&tags).increments(), &first, &second).await;
}

#[test]
fn the_tag_that_graphite_keeps_for_itself_is_refused_where_it_is_made() {
    let registry = Registry::new();
    let _exporter = GraphiteBuilder::new().tagged(&[]).attach(&registry, Receiver::default());
    let error = registry.counter_family("c", "", ["name"]).unwrap_err();
    assert!(error.is_refused());
    assert!(error.to_string().ends_with("`the_name` would do"), "{error}");

    let registry = Registry::new();
    let _exporter = GraphiteBuilder::new().attach(&registry, Receiver::default());
    assert!(registry.counter_family("c", "", ["name"]).is_ok());
}

proptest! {
    /// Whatever the labels and the size, a line has three words, and no two series become one.
    #[test]
    fn requests_are_never_corrupt(
        values in prop::collection::btree_map(
            "[ab_;= ~.%\n\0\u{85}\u{3000}]{0,4}|.{0,6}", 1..1000_u32, 0..40),
        size in 20..400_usize,
        tagged in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (registry, receiver) = (Registry::new(), Receiver::default());
            let mut builder = GraphiteBuilder::new().request_size(size);
            if tagged {
                builder = builder.tagged(&[]);
            }
            let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
            let family = registry.counter_family("c", "", ["l"]).unwrap();
            for (value, n) in &values {
                family.with([value]).add(u64::from(*n));
            }
            exporter.flush().await.unwrap();
            let packets = receiver.packets();
            prop_assert!(packets.iter().all(|packet| packet.len() <= size && packet.ends_with('\n')));
            let mut names = BTreeSet::new();
            for line in packets.iter().flat_map(|packet| packet.split_terminator('\n')) {
                prop_assert!(line.is_ascii());
                // As Python splits it.
                let words: Vec<_> = line.split_whitespace().collect();
                prop_assert_eq!(words.len(), 3, "{}", line);
                prop_assert!(names.insert(words[0].to_owned()), "{} twice", words[0]);
                prop_assert!(words[1].parse::<u32>().is_ok());
                if tagged {
                    let tags: Vec<_> = words[0].split(';').collect();
                    prop_assert!(tags.len() <= 2 && tags.iter().skip(1).all(|tag| tag.starts_with("l=")));
                } else {
                    prop_assert_eq!(words[0].split('.').count(), 2);
                }
            }
            prop_assert_eq!(names.len() as u64 + exporter.stats().dropped(), values.len() as u64);
            Ok(())
        })?;
    }
}
