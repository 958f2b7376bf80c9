//! Whatever the names, labels and help texts are.

use oxkit_metrics::{Buckets, MetricError, Prometheus, PrometheusBuilder, Registry};
use prometheus::TextEncoder;
use proptest::prelude::*;

use crate::{open_metrics, parse::parse, text};

#[test]
fn metrics_that_would_meet_are_refused_where_the_second_is_made() {
    type Make = fn(&Registry, &str) -> Result<(), MetricError>;
    let counter: Make = |registry, name| registry.counter(name, "").map(drop);
    let gauge: Make = |registry, name| registry.gauge(name, "").map(drop);
    let histogram: Make =
        |registry, name| registry.histogram(name, "", Buckets::default()).map(drop);
    let summary: Make =
        |registry, name| registry.histogram(name, "", Buckets::log_linear()).map(drop);
    let check = |first: (Make, &str), second: (Make, &str), meets: Option<&str>| {
        for (first, second) in [(first, second), (second, first)] {
            let registry = Registry::new();
            let _prometheus = Prometheus::new(&registry).unwrap();
            first.0(&registry, first.1).unwrap();
            let result = second.0(&registry, second.1);
            let Some(meets) = meets else {
                result.unwrap();
                continue;
            };
            let error = result.unwrap_err();
            assert!(error.is_refused());
            assert_eq!(
                error.to_string(),
                format!(
                    "the metric `{}` is refused: Prometheus would be shown `{meets}` of the metric \
                     `{}` too",
                    second.1, first.1
                )
            );
            // A refused one can be asked for again under another name, and the first is untouched.
            second.0(&registry, "another").unwrap();
            first.0(&registry, first.1).unwrap();
        }
    };
    check((counter, "a"), (counter, "a_total"), Some("a"));
    check((counter, "a_total"), (gauge, "a"), Some("a"));
    check((counter, "a"), (gauge, "a_total"), Some("a_total"));
    check((histogram, "a"), (gauge, "a_sum"), Some("a_sum"));
    check((histogram, "a"), (gauge, "a_bucket"), Some("a_bucket"));
    check((summary, "a"), (gauge, "a_count"), Some("a_count"));
    check((summary, "a"), (gauge, "a_bucket"), None);
    check((histogram, "a"), (counter, "a_sum"), Some("a_sum"));
    check((gauge, "a"), (gauge, "a_sum"), None);
}

#[test]
fn a_registry_with_metrics_cannot_be_attached_to() {
    let registry = Registry::new();
    registry.gauge("g", "").unwrap();
    assert!(Prometheus::new(&registry).unwrap_err().is_refused());
}

#[test]
fn a_registry_of_the_prometheus_crate_is_shown_in_both_formats() {
    let present = prometheus::Registry::new_custom(
        Some("app".to_owned()),
        Some([("zone".to_owned(), "eu".to_owned())].into()),
    )
    .unwrap();
    let own = prometheus::IntCounter::new("hits", "Hits.").unwrap();
    let level = prometheus::Gauge::new("level", "Level.").unwrap();
    let times = prometheus::Histogram::with_opts(
        prometheus::HistogramOpts::new("times", "Times.").buckets(vec![1.0, f64::INFINITY]),
    )
    .unwrap();
    present.register(Box::new(own.clone())).unwrap();
    present.register(Box::new(level.clone())).unwrap();
    present.register(Box::new(times.clone())).unwrap();
    own.inc_by(2);
    level.set(0.5);
    times.observe(2.0);

    let registry = Registry::new();
    let prometheus = PrometheusBuilder::new().in_registry(present).attach(&registry).unwrap();
    registry.counter("jobs", "Jobs.").unwrap().increment();
    assert_eq!(
        open_metrics(&prometheus),
        "# HELP app_hits Hits.\n\
         # TYPE app_hits counter\n\
         app_hits_total{zone=\"eu\"} 2\n\
         # HELP app_jobs Jobs.\n\
         # TYPE app_jobs counter\n\
         app_jobs_total{zone=\"eu\"} 1\n\
         # HELP app_level Level.\n\
         # TYPE app_level gauge\n\
         app_level{zone=\"eu\"} 0.5\n\
         # HELP app_times Times.\n\
         # TYPE app_times histogram\n\
         app_times_bucket{zone=\"eu\",le=\"1.0\"} 0\n\
         app_times_bucket{zone=\"eu\",le=\"+Inf\"} 1\n\
         app_times_sum{zone=\"eu\"} 2\n\
         app_times_count{zone=\"eu\"} 1\n\
         # EOF\n"
    );
    assert!(text(&prometheus).contains("\napp_hits{zone=\"eu\"} 2\n"));
}

proptest! {
    /// What is written is read back as it was, in both formats, whatever the texts hold; and the
    /// text format is what the `prometheus` crate writes itself.
    #[test]
    fn every_text_is_read_back(
        help in ".{0,30}",
        // All that a format gives a meaning to, and anything.
        values in prop::collection::btree_set("[\\\\\"\n\r,={}# \0a]{0,8}|.{0,8}", 1..10),
        // Eighths add up exactly, and to nothing that the crate writes longer.
        observed in prop::collection::vec((-1000..1000).prop_map(|n| f64::from(n) / 8.0), 0..20),
    ) {
        let present = prometheus::Registry::new();
        let registry = Registry::new();
        let prometheus =
            PrometheusBuilder::new().in_registry(present.clone()).attach(&registry).unwrap();
        let gauge = registry.gauge_family("g", &help, ["x", "y"]).unwrap();
        for (at, value) in values.iter().enumerate() {
            gauge.with([value, "fixed"]).set(at as f64);
        }
        let buckets = Buckets::linear(0.0, 10.0, 5).unwrap();
        let histogram = registry.histogram_family("h", "", ["x"], buckets).unwrap();
        let distribution = histogram.with([&help]);
        for value in &observed {
            distribution.observe(*value);
        }

        let by_the_crate = TextEncoder::new().encode_to_string(&present.gather()).unwrap();
        prop_assert_eq!(text(&prometheus), by_the_crate);
        for shown in [text(&prometheus), open_metrics(&prometheus)] {
            let read = parse(&shown).expect("it is well-formed");
            let gauges: Vec<_> = read.samples.iter().filter(|s| s.name == "g").collect();
            prop_assert_eq!(gauges.len(), values.len());
            for (at, value) in values.iter().enumerate() {
                let labels = [("x".to_owned(), value.clone()), ("y".into(), "fixed".into())];
                prop_assert_eq!(&gauges[at].labels[..], &labels[..]);
                prop_assert_eq!(gauges[at].value, at as f64);
            }
            let help: Vec<_> = (!help.is_empty()).then(|| ("g".to_owned(), help.clone())).into_iter().collect();
            prop_assert_eq!(read.help, help);
            prop_assert_eq!(&read.types[..], &[("g".into(), "gauge".into()), ("h".into(), "histogram".into())][..]);
            let value = |name: &str| read.samples.iter().find(|s| s.name == name).map(|s| s.value);
            prop_assert_eq!(value("h_count"), Some(observed.len() as f64));
            prop_assert_eq!(value("h_sum"), Some(distribution.value().sum()));
        }
    }
}
