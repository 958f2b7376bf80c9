//! What every user of metrics may rely on: same name, same metric; labels that cannot mix; bounds
//! that hold; nothing lost.

use std::{
    collections::HashMap,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use oxkit_metrics::{
    Backend, Buckets, Counter, Desc, DynamicFamily, Family, Gauge, Histogram, Kind, Labels,
    MetricError, Observe, Registry, Snapshot, UpDownCounter,
};
use proptest::prelude::*;
use static_assertions::assert_impl_all;

assert_impl_all!(Registry: Send, Sync, Clone, std::panic::UnwindSafe);
assert_impl_all!(Family<Counter, 2>: Send, Sync, Clone);
assert_impl_all!(DynamicFamily<Histogram>: Send, Sync, Clone);
assert_impl_all!(Counter: Send, Sync, Clone);
assert_impl_all!(UpDownCounter: Send, Sync, Clone);
assert_impl_all!(Gauge: Send, Sync, Clone);
assert_impl_all!(Histogram: Send, Sync, Clone);
assert_impl_all!(Snapshot: Send, Sync, Clone);
assert_impl_all!(MetricError: Send, Sync, std::error::Error);

fn limited_to(series: usize) -> Registry {
    Registry::with_series_limit(NonZeroUsize::new(series).expect("more than none"))
}

#[test]
fn a_handle_is_one_word() {
    assert_eq!(size_of::<Counter>(), size_of::<usize>());
    assert_eq!(size_of::<Gauge>(), size_of::<usize>());
    assert_eq!(size_of::<Histogram>(), size_of::<usize>());
}

#[test]
fn asking_twice_gives_the_same_metric() {
    let registry = Registry::new();
    registry.counter("c", "").unwrap().increment();
    registry.clone().counter("c", "other help").unwrap().increment();
    registry.gauge("g", "").unwrap().add(1.0);
    registry.gauge("g", "").unwrap().add(1.0);
    registry.up_down_counter("u", "").unwrap().increment();
    registry.up_down_counter("u", "").unwrap().increment();
    for _ in 0..2 {
        registry.histogram("h", "", Buckets::log_linear()).unwrap().observe(1.0);
    }
    let snapshot = registry.snapshot();
    for name in ["c", "g", "u"] {
        assert_eq!(snapshot.number(name, &[]), Some(2.0), "{name}");
    }
    assert_eq!(snapshot.distribution("h", &[]).unwrap().count(), 2);
    assert_eq!(snapshot.metrics()[0].desc.help(), "");
}

#[test]
fn another_metric_of_the_same_name_is_an_error_and_changes_nothing() {
    let registry = Registry::new();
    let counter = registry.counter_family("m", "", ["a", "b"]).unwrap();
    counter.with(["1", "2"]).increment();
    let check = |result: Result<(), MetricError>, asked: &str| {
        let error = result.unwrap_err();
        assert!(error.is_conflict());
        assert_eq!(
            error.to_string(),
            format!(
                "the metric `m` exists as a counter with the labels a, b, and was asked for as {asked}"
            )
        );
    };
    check(registry.gauge("m", "").map(drop), "a gauge without labels");
    check(registry.counter("m", "").map(drop), "a counter without labels");
    check(registry.counter_family("m", "", ["b", "a"]).map(drop), "a counter with the labels b, a");
    check(
        registry.up_down_counter_family("m", "", ["a", "b"]).map(drop),
        "an up-down counter with the labels a, b",
    );
    check(
        registry.histogram("m", "", Buckets::new(&[1.0, 2.0]).unwrap()).map(drop),
        "a histogram without labels and the buckets [1.0, 2.0]",
    );
    registry.histogram("h", "", Buckets::default()).unwrap();
    let other = registry.histogram("h", "", Buckets::log_linear()).unwrap_err();
    assert!(other.is_conflict());
    assert_eq!(counter.with(["1", "2"]).value(), 1.0);
}

#[test]
fn a_label_value_is_any_text() {
    let every_char: String = (0..=0x24F).filter_map(char::from_u32).collect();
    let texts = ["", " ", "\"\\\n\r\0", "a=b,c", &every_char, "\u{10FFFF}"];
    let registry = Registry::new();
    let family = registry.counter_family("c", "", ["text"]).unwrap();
    for (at, text) in (1..).zip(texts) {
        family.with([text]).add(at);
    }
    let snapshot = registry.snapshot();
    for (at, text) in (1..).zip(texts) {
        assert_eq!(snapshot.number("c", &[("text", text)]), Some(f64::from(at)), "{text:?}");
    }
}

#[test]
fn labels_can_be_given_by_name_in_any_order_and_must_be_those_of_the_metric() {
    let registry = Registry::new();
    let family = registry.counter_family("c", "", ["a", "b"]).unwrap();
    family.with_pairs(&[("b", "2"), ("a", "1")]).unwrap().increment();
    assert_eq!(family.with(["1", "2"]).value(), 1.0);
    let dynamic = family.dynamic();
    assert_eq!(dynamic.with(&["1", "2"]).unwrap().value(), 1.0);
    let wrong: [&[(&str, &str)]; 4] = [
        &[("a", "1")],
        &[("a", "1"), ("c", "2")],
        &[("a", "1"), ("a", "2")],
        &[("a", "1"), ("b", "2"), ("b", "3")],
    ];
    for pairs in wrong {
        assert!(family.with_pairs(pairs).unwrap_err().is_wrong_labels(), "{pairs:?}");
        assert!(dynamic.with_pairs(pairs).unwrap_err().is_wrong_labels(), "{pairs:?}");
    }
    assert!(dynamic.with(&["1", "2", "3"]).unwrap_err().is_wrong_labels());
    assert_eq!(registry.snapshot().metrics()[0].series.len(), 1);
}

#[test]
fn what_a_metric_has_no_room_for_is_counted_in_one_series_and_told_of() {
    let registry = limited_to(3);
    let family = registry.counter_family("paths", "", ["path", "code"]).unwrap();
    let other = registry.counter_family("other", "", ["path"]).unwrap();
    for path in 0..10_000 {
        family.with([&path.to_string(), "200"]).increment();
    }
    other.with(["/"]).increment();
    family.with(["0", "200"]).increment();
    family.with(["__overflow__", "__overflow__"]).increment();

    let snapshot = registry.snapshot();
    let paths = snapshot.metrics().iter().find(|metric| metric.desc.name() == "paths").unwrap();
    assert_eq!(paths.series.len(), 4);
    let overflow = [("path", "__overflow__"), ("code", "__overflow__")];
    assert_eq!(snapshot.number("paths", &overflow), Some(9_998.0));
    assert_eq!(snapshot.number("paths", &[("path", "0"), ("code", "200")]), Some(2.0));
    assert_eq!(snapshot.number("other", &[("path", "/")]), Some(1.0));
    assert_eq!(registry.overflowed("paths"), 9_997);
    assert_eq!(
        snapshot.number("oxkit_metrics_overflowed_total", &[("metric", "paths")]),
        Some(9_997.0)
    );
    assert_eq!(snapshot.value("oxkit_metrics_overflowed_total", &[("metric", "other")]), None);
    assert!(registry.gauge("oxkit_metrics_overflowed_total", "").unwrap_err().is_invalid_name());
}

#[test]
fn what_is_no_value_is_left_out_and_told_of() {
    let registry = Registry::new();
    let counter = registry.counter("c", "").unwrap();
    let gauge = registry.gauge("g", "").unwrap();
    let histogram = registry.histogram("h", "", Buckets::default()).unwrap();
    counter.add_f64(1.5);
    gauge.set(1.0);
    histogram.observe(-2.0);
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        counter.add_f64(odd);
        gauge.add(odd);
        histogram.observe(odd);
    }
    counter.add_f64(-1.0);
    counter.add_f64(-0.0);
    assert_eq!(counter.value(), 1.5);
    assert_eq!(gauge.value(), 1.0);
    assert_eq!((histogram.value().count(), histogram.value().sum()), (1, -2.0));
    assert_eq!(["c", "g", "h"].map(|name| registry.rejected(name)), [4, 3, 3]);
    let told = registry.snapshot();
    assert_eq!(told.number("oxkit_metrics_rejected_total", &[("metric", "c")]), Some(4.0));

    gauge.set(f64::NEG_INFINITY);
    assert_eq!(gauge.value(), f64::NEG_INFINITY);
    gauge.set(f64::NAN);
    assert!(gauge.value().is_nan());
    assert_eq!(registry.rejected("g"), 3);
}

#[test]
fn counters_add_whole_numbers_exactly_beside_fractions() {
    let counter = Registry::new().counter("c", "").unwrap();
    for _ in 0..10 {
        counter.add(1 << 40);
        counter.add_f64(0.25);
    }
    assert_eq!(counter.value(), 10.0 * (1u64 << 40) as f64 + 2.5);
}

#[test]
fn a_timer_observes_once_in_its_unit() {
    let registry = Registry::new();
    let took = registry.histogram("h", "", Buckets::default()).unwrap();
    let start = Instant::now();
    let half = Duration::from_millis(500);
    assert_eq!(took.start_timer_at(start).stop_at(start + half), half);
    assert_eq!(took.value().sum(), 0.5);
    took.start_timer_at(start).in_units_of(Duration::from_millis(1)).stop_at(start + half);
    assert_eq!(took.value().sum(), 500.5);
    took.start_timer_at(start + half).stop_at(start);
    assert_eq!((took.value().count(), took.value().sum()), (3, 500.5));
    took.start_timer().discard();
    assert_eq!(took.value().count(), 3);
    drop(took.start_timer());
    assert_eq!(took.value().count(), 4);
}

#[test]
fn handles_that_are_disabled_do_nothing() {
    Counter::disabled().add(1);
    Gauge::disabled().set(1.0);
    UpDownCounter::disabled().increment();
    let histogram = Histogram::disabled();
    histogram.observe(1.0);
    assert_eq!(histogram.value().count(), 0);
    assert_eq!(histogram.value().quantile(0.5), None);
}

#[test]
fn nothing_is_lost_when_threads_make_and_write_the_same_series() {
    let registry = limited_to(50);
    let counts = registry.counter_family("c", "", ["n"]).unwrap();
    let times = registry.histogram_family("h", "", ["n"], Buckets::default()).unwrap();
    let (in_flight, level) =
        (registry.up_down_counter("u", "").unwrap(), registry.gauge("g", "").unwrap());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let (counts, times) = (counts.clone(), times.clone());
            let (in_flight, level) = (in_flight.clone(), level.clone());
            thread::spawn(move || {
                for round in 0..2_000 {
                    let n = (round % 60).to_string();
                    counts.with([&n]).increment();
                    times.with([&n]).observe(0.5);
                    in_flight.add(3);
                    in_flight.add(-2);
                    level.add(1.0);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let snapshot = registry.snapshot();
    let metric =
        |name: &str| snapshot.metrics().iter().find(|metric| metric.desc.name() == name).unwrap();
    assert_eq!(metric("c").series.len(), 51);
    let counted: f64 = metric("c").series.iter().filter_map(|s| s.value.number()).sum();
    assert_eq!(counted, 16_000.0);
    let seen = metric("h").series.iter().filter_map(|s| s.value.distribution());
    let (count, sum) = seen.fold((0, 0.0), |(n, sum), d| (n + d.count(), sum + d.sum()));
    assert_eq!((count, sum), (16_000, 8_000.0));
    assert_eq!(in_flight.value(), 16_000);
    assert_eq!(level.value(), 16_000.0);
}

/// Takes each observation, and refuses a name.
#[derive(Debug, Default)]
struct Each(Arc<Mutex<Vec<(String, f64)>>>);

struct Tap(String, Arc<Mutex<Vec<(String, f64)>>>);

impl Backend for Each {
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        if desc.name() == "bad" { Err(MetricError::refused(desc, "bad")) } else { Ok(()) }
    }

    fn tap(&self, desc: &Desc, labels: &Labels) -> Option<Arc<dyn Observe>> {
        assert_eq!(desc.kind(), Kind::Histogram);
        let values = labels.values().collect::<Vec<_>>().join(",");
        (values != "quiet").then(|| Arc::new(Tap(values, self.0.clone())) as _)
    }
}

impl Observe for Tap {
    fn observe(&self, value: f64) {
        self.1.lock().expect("no panic while it is held").push((self.0.clone(), value));
    }
}

#[test]
fn every_backend_is_asked_and_told() {
    let registry = Registry::new();
    let (one, other) = (Each::default(), Each::default());
    let heard = [one.0.clone(), other.0.clone()];
    registry.attach(Arc::new(one)).unwrap();
    registry.attach(Arc::new(other)).unwrap();

    assert_eq!(
        registry.counter("bad", "").unwrap_err().to_string(),
        "the metric `bad` is refused: bad"
    );
    let family = registry.histogram_family("h", "", ["who"], Buckets::default()).unwrap();
    family.with(["loud"]).observe(1.0);
    family.with(["quiet"]).observe(2.0);
    family.with(["loud"]).observe(3.0);
    family.with(["loud"]).observe(f64::NAN);
    registry.counter("c", "").unwrap().increment();
    for heard in heard {
        let heard = heard.lock().unwrap();
        assert_eq!(*heard, [("loud".to_owned(), 1.0), ("loud".to_owned(), 3.0)]);
    }
    assert!(registry.attach(Arc::new(Each::default())).unwrap_err().is_refused());
}

proptest! {
    /// Go kit's scopes could write into each other's labels: here whatever is resolved first, in
    /// between or again, a handle counts for its own labels alone.
    #[test]
    fn siblings_never_share_a_series(
        scopes in prop::collection::vec(("[ab,]{0,3}", "[ab,]{0,3}", 1..100u64), 1..40),
    ) {
        let registry = Registry::new();
        let family = registry.counter_family("c", "", ["x", "y"]).unwrap();
        let handles: Vec<_> = scopes.iter().map(|(x, y, _)| family.with([x, y])).collect();
        let mut expected = HashMap::<_, u64>::new();
        for (handle, (x, y, n)) in handles.iter().zip(&scopes) {
            handle.clone().add(*n);
            *expected.entry((x, y)).or_default() += n;
        }
        let snapshot = registry.snapshot();
        prop_assert_eq!(snapshot.metrics()[0].series.len(), expected.len());
        for ((x, y), n) in expected {
            let found = snapshot.number("c", &[("y", y), ("x", x)]);
            prop_assert_eq!(found, Some(n as f64));
        }
    }

    #[test]
    fn series_are_ordered_by_their_values(values in prop::collection::vec(".{0,4}", 0..20)) {
        let registry = Registry::new();
        let family = registry.gauge_family("g", "", ["v"]).unwrap();
        for value in &values {
            family.with([value]).set(1.0);
        }
        let snapshot = registry.snapshot();
        let series = &snapshot.metrics()[0].series;
        let read: Vec<_> = series.iter().filter_map(|s| s.labels.get("v")).collect();
        let mut sorted = values.iter().map(String::as_str).collect::<Vec<_>>();
        sorted.sort_unstable();
        sorted.dedup();
        prop_assert_eq!(read, sorted);
    }
}
