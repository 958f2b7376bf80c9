//! Byte by byte.

use std::time::{Duration, Instant};

use oxkit_metrics::{Buckets, Prometheus, PrometheusBuilder, Registry};

use crate::{open_metrics, text};

/// Makes metrics, and checks both formats.
fn check(make: impl FnOnce(&Registry), expected_text: &str, expected_open: &str) {
    let registry = Registry::new();
    let prometheus = Prometheus::new(&registry).expect("it is empty");
    make(&registry);
    assert_eq!(text(&prometheus), expected_text);
    assert_eq!(open_metrics(&prometheus), format!("{expected_open}# EOF\n"));
}

#[test]
fn counters_end_in_total() {
    check(
        |registry| {
            let jobs = registry.counter_family("jobs", "Jobs\ndone, \"all\" \\.", ["q"]).unwrap();
            jobs.with(["b"]).add(3);
            jobs.with(["a\n\"\\é"]).add_f64(0.5);
            registry.counter("errors_total", "").unwrap();
        },
        "# TYPE errors_total counter\n\
         errors_total 0\n\
         # HELP jobs_total Jobs\\ndone, \"all\" \\\\.\n\
         # TYPE jobs_total counter\n\
         jobs_total{q=\"a\\n\\\"\\\\é\"} 0.5\n\
         jobs_total{q=\"b\"} 3\n",
        "# TYPE errors counter\n\
         errors_total 0\n\
         # HELP jobs Jobs\\ndone, \\\"all\\\" \\\\.\n\
         # TYPE jobs counter\n\
         jobs_total{q=\"a\\n\\\"\\\\é\"} 0.5\n\
         jobs_total{q=\"b\"} 3\n",
    );
}

#[test]
fn gauges_have_every_value() {
    let expected = "# TYPE g gauge\n\
         g{v=\"a\"} NaN\n\
         g{v=\"b\"} +Inf\n\
         g{v=\"c\"} -Inf\n\
         g{v=\"d\"} -0.25\n\
         g{v=\"e\"} 1e300\n\
         g{v=\"f\"} 1.5e-9\n\
         g{v=\"g\"} 123456789012345680\n\
         # TYPE u gauge\n\
         u -2\n";
    check(
        |registry| {
            let gauge = registry.gauge_family("g", "", ["v"]).unwrap();
            let values = [
                ("a", f64::NAN),
                ("b", f64::INFINITY),
                ("c", f64::NEG_INFINITY),
                ("d", -0.25),
                ("e", 1e300),
                ("f", 1.5e-9),
                ("g", 123_456_789_012_345_678.0),
            ];
            for (label, value) in values {
                gauge.with([label]).set(value);
            }
            registry.up_down_counter("u", "").unwrap().add(-2);
        },
        expected,
        expected,
    );
}

#[test]
fn histograms_are_cumulative_and_bounds_are_written_as_each_format_does() {
    check(
        |registry| {
            let buckets = Buckets::new(&[0.05, 1.0, 10.0]).unwrap();
            let family = registry.histogram_family("h", "H.", ["m"], buckets).unwrap();
            for value in [0.05, 0.06, 10.5] {
                family.with(["x"]).observe(value);
            }
        },
        "# HELP h H.\n\
         # TYPE h histogram\n\
         h_bucket{m=\"x\",le=\"0.05\"} 1\n\
         h_bucket{m=\"x\",le=\"1\"} 2\n\
         h_bucket{m=\"x\",le=\"10\"} 2\n\
         h_bucket{m=\"x\",le=\"+Inf\"} 3\n\
         h_sum{m=\"x\"} 10.61\n\
         h_count{m=\"x\"} 3\n",
        "# HELP h H.\n\
         # TYPE h histogram\n\
         h_bucket{m=\"x\",le=\"0.05\"} 1\n\
         h_bucket{m=\"x\",le=\"1.0\"} 2\n\
         h_bucket{m=\"x\",le=\"10.0\"} 2\n\
         h_bucket{m=\"x\",le=\"+Inf\"} 3\n\
         h_sum{m=\"x\"} 10.61\n\
         h_count{m=\"x\"} 3\n",
    );
}

#[test]
fn a_histogram_of_negative_values_has_no_sum_in_open_metrics() {
    let buckets = "# TYPE h histogram\n\
         h_bucket{le=\"-1.5\"} 1\n\
         h_bucket{le=\"+Inf\"} 1\n";
    check(
        |registry| {
            let buckets = Buckets::new(&[-1.5]).unwrap();
            registry.histogram("h", "", buckets).unwrap().observe(-2.0);
        },
        &format!("{buckets}h_sum -2\nh_count 1\n"),
        buckets,
    );
}

#[test]
fn log_linear_histograms_are_summaries() {
    check(
        |registry| {
            registry.histogram("s", "", Buckets::log_linear()).unwrap();
            let used = registry.histogram("t", "", Buckets::log_linear()).unwrap();
            for _ in 0..4 {
                used.observe(1.0);
            }
        },
        "# TYPE s summary\n\
         s{quantile=\"0.5\"} NaN\n\
         s{quantile=\"0.9\"} NaN\n\
         s{quantile=\"0.95\"} NaN\n\
         s{quantile=\"0.99\"} NaN\n\
         s_sum 0\n\
         s_count 0\n\
         # TYPE t summary\n\
         t{quantile=\"0.5\"} 0.984375\n\
         t{quantile=\"0.9\"} 0.996875\n\
         t{quantile=\"0.95\"} 0.9984375\n\
         t{quantile=\"0.99\"} 0.9996875\n\
         t_sum 4\n\
         t_count 4\n",
        "# TYPE s summary\n\
         s{quantile=\"0.5\"} NaN\n\
         s{quantile=\"0.9\"} NaN\n\
         s{quantile=\"0.95\"} NaN\n\
         s{quantile=\"0.99\"} NaN\n\
         s_sum 0\n\
         s_count 0\n\
         # TYPE t summary\n\
         t{quantile=\"0.5\"} 0.984375\n\
         t{quantile=\"0.9\"} 0.996875\n\
         t{quantile=\"0.95\"} 0.9984375\n\
         t{quantile=\"0.99\"} 0.9996875\n\
         t_sum 4\n\
         t_count 4\n",
    );
}

#[tokio::test(start_paused = true)]
async fn quantiles_are_of_the_window_and_counts_of_all_time() {
    fn now() -> Instant {
        tokio::time::Instant::now().into_std()
    }

    let registry = Registry::new();
    let prometheus = PrometheusBuilder::new()
        .quantiles(&[1.0, f64::NAN, 7.0])
        .window(Duration::from_secs(60))
        .clock(now)
        .attach(&registry)
        .unwrap();
    let took = registry.histogram("s", "", Buckets::log_linear()).unwrap();
    let shown = |quantile: &str, sum: u32, count: u32| {
        let expected = format!(
            "# TYPE s summary\ns{{quantile=\"1\"}} {quantile}\ns_sum {sum}\ns_count {count}\n"
        );
        assert_eq!(text(&prometheus), expected);
    };
    took.observe(1024.0);
    shown("1024", 1024, 1);
    for _ in 0..4 {
        tokio::time::advance(Duration::from_secs(13)).await;
        took.observe(1.0);
        text(&prometheus);
    }
    shown("1024", 1028, 5);
    tokio::time::advance(Duration::from_secs(13)).await;
    shown("1", 1028, 5);
    tokio::time::advance(Duration::from_secs(3600)).await;
    shown("NaN", 1028, 5);
}

#[test]
fn what_went_wrong_with_metrics_is_shown() {
    let registry = Registry::with_series_limit(std::num::NonZeroUsize::MIN);
    let prometheus = Prometheus::new(&registry).unwrap();
    let paths = registry.counter_family("p", "", ["path"]).unwrap();
    for path in ["/a", "/b", "/c"] {
        paths.with([path]).increment();
    }
    paths.with(["/a"]).add_f64(-1.0);
    assert_eq!(
        text(&prometheus),
        "# HELP oxkit_metrics_overflowed_total Label sets resolved that the metric had no room for.\n\
         # TYPE oxkit_metrics_overflowed_total counter\n\
         oxkit_metrics_overflowed_total{metric=\"p\"} 2\n\
         # HELP oxkit_metrics_rejected_total Observations that were no value for their metric.\n\
         # TYPE oxkit_metrics_rejected_total counter\n\
         oxkit_metrics_rejected_total{metric=\"p\"} 1\n\
         # TYPE p_total counter\n\
         p_total{path=\"/a\"} 1\n\
         p_total{path=\"__overflow__\"} 2\n"
    );
}

#[test]
fn a_metric_without_series_is_not_shown() {
    check(|registry| drop(registry.counter_family("c", "C.", ["a"]).unwrap()), "", "");
}
