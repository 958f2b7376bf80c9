//! Line by line.

use oxkit_metrics::{Buckets, Registry, StatsdBuilder};
use proptest::prelude::*;

use crate::Receiver;

/// Makes metrics, and checks what is sent of them, the first time and the second.
async fn check(
    builder: StatsdBuilder,
    make: impl FnOnce(&Registry),
    first: &[&str],
    second: &[&str],
) {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let mut exporter = builder.attach(&registry, receiver.clone()).expect("it is empty");
    make(&registry);
    exporter.flush().await.expect("it is up");
    assert_eq!(receiver.lines(), first);
    exporter.flush().await.expect("it is up");
    assert_eq!(receiver.lines(), second);
}

fn some_of_each(registry: &Registry) {
    let counter = registry.counter_family("c", "", ["q", "r"]).expect("a new name");
    counter.with(["mail", "a b|c"]).add(3);
    counter.with(["mail", "idle"]).add(0);
    registry.counter("d", "").expect("a new name").add_f64(0.25);
    let gauge = registry.gauge_family("g", "", ["n"]).expect("a new name");
    for (label, value) in
        [("1", 2.5), ("2", -4.0), ("3", f64::NAN), ("4", f64::INFINITY), ("5", 1e21)]
    {
        gauge.with([label]).set(value);
    }
    let histogram = registry.histogram("h", "", Buckets::default()).expect("a new name");
    histogram.observe(0.5);
    histogram.observe(-7.0);
    registry.up_down_counter("u", "").expect("a new name").add(4);
}

#[tokio::test]
async fn statsd_gets_labels_as_parts_of_names() {
    let gauges = [
        "app.g.1:2.5|g",
        "app.g.2:0|g",
        "app.g.2:-4|g",
        "app.g.5:1000000000000000000000|g",
        "app.u:4|g",
    ];
    let [g1, g2, g3, g4, u] = gauges;
    check(
        StatsdBuilder::statsd().prefix("app.:|#@\n").tags(&[("not", "sent")]).distributions(),
        some_of_each,
        &[
            "app.c.mail.a_20b_7cc:3|c",
            "app.d:0.25|c",
            g1,
            g2,
            g3,
            g4,
            u,
            "app.h:0.5|ms",
            "app.h:-7|ms",
        ],
        &gauges,
    )
    .await;
}

#[tokio::test]
async fn dog_statsd_gets_labels_as_tags() {
    let gauges = [
        "g:2.5|g|#env:dev,x:1%2C2,n:1",
        "g:-4|g|#env:dev,x:1%2C2,n:2",
        "g:1000000000000000000000|g|#env:dev,x:1%2C2,n:5",
        "u:4|g|#env:dev,x:1%2C2",
    ];
    let [g1, g2, g3, u] = gauges;
    check(
        StatsdBuilder::dog_statsd().tags(&[("env", "dev"), ("x", "1,2")]),
        some_of_each,
        &[
            "c:3|c|#env:dev,x:1%2C2,q:mail,r:a b%7Cc",
            "d:0.25|c|#env:dev,x:1%2C2",
            g1,
            g2,
            g3,
            u,
            "h:0.5|h|#env:dev,x:1%2C2",
            "h:-7|h|#env:dev,x:1%2C2",
        ],
        &gauges,
    )
    .await;
}

#[tokio::test]
async fn distributions_and_no_tags() {
    let make = |registry: &Registry| {
        registry.histogram("h", "", Buckets::default()).unwrap().observe(0.125);
    };
    check(StatsdBuilder::dog_statsd().distributions(), make, &["h:0.125|d"], &[]).await;
}

#[tokio::test]
async fn only_a_part_of_the_observations_is_sent_and_the_lines_say_which() {
    for (rate, low, high, suffix) in [
        (0.25, 9_400, 10_600, "|ms|@0.25"),
        (1.0, 40_000, 40_000, "|ms"),
        (f64::NAN, 40_000, 40_000, "|ms"),
        (0.0, 0, 0, ""),
    ] {
        let (registry, receiver) = (Registry::new(), Receiver::default());
        let builder = StatsdBuilder::statsd().sample_rate(rate);
        let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
        let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
        registry.counter("c", "").unwrap().add(40_000);
        for _ in 0..40_000 {
            histogram.observe(1.0);
        }
        exporter.flush().await.unwrap();
        let lines = receiver.lines();
        assert_eq!(lines[0], "c:40000|c", "counters are exact");
        // 87 is the standard deviation at a quarter: this is 6.9 times that.
        let sent = lines.len() - 1;
        assert!((low..=high).contains(&sent), "{sent} at {rate}");
        assert!(lines[1..].iter().all(|line| line == &format!("h:1{suffix}")));
    }
}

#[test]
fn a_name_that_datadog_does_not_take_is_refused_where_it_is_made() {
    let registry = Registry::new();
    let _exporter = StatsdBuilder::dog_statsd().attach(&registry, Receiver::default());
    let check = |name: &str, expected: &str| {
        let error = registry.counter(name, "").unwrap_err();
        assert!(error.is_refused());
        assert!(error.to_string().contains(expected), "{error}");
    };
    check("_c", "begins with a letter");
    check(&"c".repeat(201), "at most 200 characters");
    assert!(registry.counter(&"c".repeat(200), "").is_ok());

    for builder in [StatsdBuilder::statsd(), StatsdBuilder::dog_statsd().prefix("app.")] {
        let registry = Registry::new();
        let _exporter = builder.attach(&registry, Receiver::default());
        assert!(registry.counter("_c", "").is_ok());
    }
}

proptest! {
    /// Whatever the labels and the size, lines stay whole, packets stay small, and what counters
    /// were sent adds up.
    #[test]
    fn packets_are_never_corrupt(
        values in prop::collection::btree_map(".{0,6}|[,|#\n:.]{0,3}", 1..1000_u32, 0..40),
        size in 1..200_usize,
        dog in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (registry, receiver) = (Registry::new(), Receiver::default());
            let builder =
                if dog { StatsdBuilder::dog_statsd() } else { StatsdBuilder::statsd() };
            let mut exporter =
                builder.packet_size(size).attach(&registry, receiver.clone()).unwrap();
            let stats = exporter.stats();
            let family = registry.counter_family("c", "", ["l"]).unwrap();
            for (value, n) in &values {
                family.with([value]).add(u64::from(*n));
            }
            exporter.flush().await.unwrap();
            let packets = receiver.packets();
            prop_assert!(packets.iter().all(|packet| packet.len() <= size));
            let lines: Vec<_> = packets.iter().flat_map(|packet| packet.split('\n')).collect();
            prop_assert_eq!(lines.len() as u64 + stats.dropped(), values.len() as u64);
            prop_assert_eq!(stats.sent(), packets.len() as u64);
            let mut names = std::collections::BTreeSet::new();
            for line in lines {
                let (name, rest) = if dog {
                    let (head, tag) = line.split_once("|c|#l:").unwrap();
                    prop_assert!(!tag.contains(['|', ',', '#']));
                    let (_, n) = head.split_once("c:").unwrap();
                    (tag, n)
                } else {
                    let (name, n) = line.strip_suffix("|c").unwrap().split_once(':').unwrap();
                    (name, n)
                };
                prop_assert!(names.insert(name.to_owned()), "{} twice", name);
                prop_assert!(rest.parse::<u32>().is_ok());
            }
            Ok(())
        })?;
    }
}

#[cfg(feature = "metrics")]
#[tokio::test]
async fn two_metrics_of_one_name_that_share_a_line_are_sent_whole() {
    let (registry, receiver) = (Registry::new(), Receiver::default());
    let builder = StatsdBuilder::statsd();
    let mut exporter = builder.attach(&registry, receiver.clone()).unwrap();
    let recorder = oxkit_metrics::FacadeRecorder::new(&registry);
    let count = |left, right| {
        metrics::with_local_recorder(&recorder, || {
            metrics::counter!("c", "left" => "x").increment(left);
            metrics::counter!("c", "right" => "x").increment(right);
        });
    };
    // statsd has no names of labels, and adds up what is named the same.
    count(100, 3);
    exporter.flush().await.unwrap();
    assert_eq!(receiver.lines(), ["c.x:100|c", "c.x:3|c"]);
    count(1, 2);
    exporter.flush().await.unwrap();
    assert_eq!(receiver.lines(), ["c.x:1|c", "c.x:2|c"]);
}
