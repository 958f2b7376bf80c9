//! What libraries report by the `metrics` facade arrives in a registry.
#![cfg(feature = "metrics")]

use std::{num::NonZeroUsize, sync::Arc, thread, time::Duration};

use ::metrics::{counter, describe_histogram, gauge, histogram, with_local_recorder};
use oxkit_metrics::{
    Backend, Buckets, Desc, FacadeBuilder, FacadeRecorder, Kind, MetricError, Registry, Snapshot,
};
use proptest::prelude::*;
use static_assertions::assert_impl_all;

assert_impl_all!(FacadeRecorder: Send, Sync, Clone);

fn recorded(report: impl FnOnce()) -> (Snapshot, u64) {
    let registry = Registry::new();
    let recorder = FacadeRecorder::new(&registry);
    with_local_recorder(&recorder, report);
    (registry.snapshot(), recorder.refused())
}

#[test]
fn every_operation_does_what_the_facade_says() {
    let (seen, refused) = recorded(|| {
        counter!("c").increment(2);
        counter!("c").absolute(10);
        counter!("c").absolute(7);
        counter!("c").increment(1);
        gauge!("g").set(5.0);
        gauge!("g").increment(2.5);
        gauge!("g").decrement(1.0);
        histogram!("h").record(Duration::from_millis(20));
        histogram!("h").record_many(0.5, 3);
    });
    assert_eq!(seen.number("c", &[]), Some(11.0));
    assert_eq!(seen.number("g", &[]), Some(6.5));
    let all = seen.distribution("h", &[]).expect("it was recorded");
    assert_eq!((all.count(), all.sum()), (4, 1.52));
    assert_eq!(all.cumulative().find(|(bound, _)| *bound == 0.025), Some((0.025, 1)));
    assert_eq!(refused, 0);
}

#[test]
fn libraries_with_one_name_and_different_labels_both_report() {
    let (seen, refused) = recorded(|| {
        counter!("requests", "method" => "get").increment(1);
        counter!("requests", "status" => "200", "path" => "/").increment(2);
        counter!("requests", "path" => "/", "status" => "200").increment(3);
        counter!("requests").increment(4);
        // The same values under other names are another series.
        counter!("requests", "status" => "get").increment(5);
    });
    assert_eq!(seen.number("requests", &[("method", "get")]), Some(1.0));
    assert_eq!(seen.number("requests", &[("path", "/"), ("status", "200")]), Some(5.0));
    assert_eq!(seen.number("requests", &[]), Some(4.0));
    assert_eq!(seen.number("requests", &[("status", "get")]), Some(5.0));
    assert_eq!(seen.metrics().len(), 4);
    assert_eq!(refused, 0);
}

#[test]
fn a_library_reports_into_metrics_that_the_program_has() {
    let registry = Registry::new();
    let own = registry.counter_family("jobs", "Jobs done.", ["queue"]).unwrap();
    own.with(["mail"]).increment();
    let recorder = FacadeRecorder::new(&registry);
    with_local_recorder(&recorder, || {
        counter!("jobs", "queue" => "mail").increment(1);
        counter!("jobs", "host" => "a").increment(1);
    });
    assert_eq!(own.with(["mail"]).value(), 2.0);
    // And the other way round. What is not of the bridge is as strict as ever.
    assert!(registry.counter_family("jobs", "", ["host"]).is_ok());
    assert!(registry.counter_family("jobs", "", ["region"]).unwrap_err().is_conflict());
    assert!(registry.gauge("jobs", "").unwrap_err().is_conflict());
}

#[test]
fn a_name_that_is_taken_by_another_kind_gets_its_kind() {
    let (seen, refused) = recorded(|| {
        counter!("pool.size").increment(1);
        gauge!("pool_size").set(2.0);
        gauge!("pool_size", "host" => "a").set(3.0);
        histogram!("pool_size").record(4.0);
    });
    assert_eq!(seen.number("pool_size", &[]), Some(1.0));
    assert_eq!(seen.number("pool_size_gauge", &[]), Some(2.0));
    assert_eq!(seen.number("pool_size_by_host", &[("host", "a")]), Some(3.0));
    assert_eq!(
        seen.distribution("pool_size_histogram", &[]).map(oxkit_metrics::Distribution::sum),
        Some(4.0)
    );
    assert_eq!(refused, 0);
}

/// A system without labels: a name is of one metric.
#[derive(Debug)]
struct OneOfAName(std::sync::Mutex<Vec<String>>);

impl Backend for OneOfAName {
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        let mut names = self.0.lock().expect("no panic while it is held");
        if names.contains(&desc.name().to_owned()) || desc.name().contains("never") {
            return Err(MetricError::refused(desc, "the name is taken"));
        }
        names.push(desc.name().to_owned());
        Ok(())
    }
}

#[test]
fn what_a_backend_refuses_gets_another_name_or_is_counted() {
    let registry = Registry::new();
    registry.attach(Arc::new(OneOfAName(Vec::new().into()))).unwrap();
    let recorder = FacadeRecorder::new(&registry);
    with_local_recorder(&recorder, || {
        counter!("jobs", "queue" => "mail").increment(1);
        counter!("jobs", "host" => "a", "region" => "b").increment(2);
        counter!("never").increment(3);
    });
    let seen = registry.snapshot();
    assert_eq!(seen.number("jobs", &[("queue", "mail")]), Some(1.0));
    let labels = [("host", "a"), ("region", "b")];
    assert_eq!(seen.number("jobs_by_host_region", &labels), Some(2.0));
    assert_eq!(seen.metrics().len(), 2);
    assert_eq!(recorder.refused(), 1);
}

#[test]
fn a_description_and_its_unit_are_the_help_text() {
    let (seen, _) = recorded(|| {
        describe_histogram!("took", ::metrics::Unit::Seconds, "How long it took.");
        histogram!("took").record(1);
        histogram!("undescribed").record(1);
    });
    let help: Vec<_> = seen.metrics().iter().map(|metric| metric.desc.help()).collect();
    assert_eq!(help, ["How long it took. Unit: seconds.", ""]);
}

#[test]
fn the_longest_prefix_has_the_buckets() {
    let registry = Registry::new();
    let of = |bound: f64| Buckets::new(&[bound]).unwrap();
    let recorder = FacadeBuilder::new()
        .buckets(of(1.0))
        .buckets_for("http.", of(2.0))
        .buckets_for("http.client.", of(3.0))
        .buckets_for("http.c", of(4.0))
        .build(&registry);
    with_local_recorder(&recorder, || {
        histogram!("db").record(0.1);
        histogram!("http.server").record(0.1);
        histogram!("http.client.took").record(0.1);
        // Of one name with other labels: the buckets are those of the name.
        histogram!("http_server", "code" => "200").record(0.1);
    });
    let seen = registry.snapshot();
    let check = |name: &str, labels: &[(&str, &str)], bound: f64| {
        assert_eq!(seen.distribution(name, labels).unwrap().buckets().bounds(), [bound], "{name}");
    };
    check("db", &[], 1.0);
    check("http_server", &[], 2.0);
    check("http_client_took", &[], 3.0);
    check("http_server", &[("code", "200")], 2.0);
}

#[test]
fn names_made_of_what_comes_from_outside_are_bounded() {
    let registry = Registry::new();
    let limit = NonZeroUsize::new(10).unwrap();
    let recorder = FacadeBuilder::new().metric_limit(limit).build(&registry);
    with_local_recorder(&recorder, || {
        for user in 0..100 {
            counter!(format!("of_{user}")).increment(1);
            ::metrics::describe_counter!(format!("of_{user}"), "One of many.");
        }
        // What is there already goes on.
        counter!("of_3").increment(1);
    });
    assert_eq!(registry.snapshot().metrics().len(), 10);
    assert_eq!(registry.snapshot().number("of_3", &[]), Some(2.0));
    assert_eq!(recorder.refused(), 90);
}

#[test]
fn label_values_made_of_what_comes_from_outside_are_bounded() {
    let registry = Registry::with_series_limit(NonZeroUsize::new(100).unwrap());
    let recorder = FacadeRecorder::new(&registry);
    with_local_recorder(&recorder, || {
        for user in 0..10_000 {
            counter!("logins", "user" => user.to_string()).increment(1);
        }
    });
    let seen = registry.snapshot();
    assert_eq!(seen.number("logins", &[("user", "__overflow__")]), Some(9_900.0));
    let logins = &seen.metrics()[0];
    assert_eq!((logins.desc.name(), logins.series.len()), ("logins", 101));
}

#[test]
fn threads_that_count_up_to_one_number_do_not_add_up() {
    let registry = Registry::new();
    let recorder = FacadeRecorder::new(&registry);
    thread::scope(|scope| {
        for order in [["a", "b"], ["b", "a"]] {
            let recorder = &recorder;
            scope.spawn(move || {
                with_local_recorder(recorder, || {
                    for n in 1..=10_000 {
                        counter!("n", order[0] => "1", order[1] => "1").absolute(n);
                    }
                });
            });
        }
    });
    assert_eq!(registry.snapshot().number("n", &[("a", "1"), ("b", "1")]), Some(10_000.0));
}

#[cfg(feature = "prometheus")]
#[test]
fn prometheus_is_shown_one_family_of_a_name() {
    let registry = Registry::new();
    let prometheus = oxkit_metrics::Prometheus::new(&registry).unwrap();
    let recorder = FacadeRecorder::new(&registry);
    with_local_recorder(&recorder, || {
        counter!("jobs", "queue" => "mail").increment(1);
        counter!("jobs", "host" => "a").increment(2);
        gauge!("jobs_total").set(3.0);
    });
    let text = String::from_utf8(prometheus.encode(None).1).unwrap();
    assert_eq!(
        text,
        "# TYPE jobs_total counter\n\
         jobs_total{host=\"a\"} 2\n\
         jobs_total{queue=\"mail\"} 1\n\
         # TYPE jobs_total_gauge gauge\n\
         jobs_total_gauge 3\n"
    );
}

proptest! {
    #[test]
    fn any_name_and_labels_are_counted_once_and_nothing_panics(
        keys in prop::collection::vec(
            (
                "[a.]{0,2}|.{0,4}",
                prop::collection::vec(("[a._]{0,2}|le|.{0,3}", ".{0,3}"), 0..4),
                0..3_u8,
            ),
            1..40,
        ),
    ) {
        let (seen, refused) = recorded(|| {
            for (name, labels, kind) in &keys {
                let (name, labels) = (name.clone(), labels.clone());
                match kind {
                    0 => counter!(name, &labels).increment(1),
                    1 => gauge!(name, &labels).increment(1),
                    _ => histogram!(name, &labels).record(0.0),
                }
            }
        });
        prop_assert_eq!(refused, 0);
        for (kind, number) in [(Kind::Counter, 0), (Kind::Gauge, 1), (Kind::Histogram, 2)] {
            let metrics = seen.metrics().iter().filter(|metric| metric.desc.kind() == kind);
            let values = metrics.flat_map(|metric| metric.series.iter().map(|series| &series.value));
            let count: f64 = values
                .map(|value| {
                    value.number().or_else(|| Some(value.distribution()?.count() as f64)).unwrap_or(0.0)
                })
                .sum();
            let expected = keys.iter().filter(|key| key.2 == number).count();
            prop_assert_eq!(count, expected as f64);
        }
    }
}
