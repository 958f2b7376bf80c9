//! A middleware of the *service* that counts: numbers that only this service has a meaning for.
//!
//! | metric | kind | labels | in Go kit's stringsvc2 |
//! |---|---|---|---|
//! | `string_service_requests_total` | counter | `method`, `error` | `my_group_string_service_request_count` |
//! | `string_service_request_duration_seconds` | histogram | `method` | `my_group_string_service_request_latency_microseconds` |
//! | `string_service_count_result` | summary | | `my_group_string_service_count_result` |
//!
//! The names are what Prometheus' own conventions ask for: a counter ends in `_total`, `_count` is
//! kept for histograms and summaries, and times are in seconds.

use oxkit_metrics::{Buckets, Counter, Histogram, MetricError, Registry};

use crate::service::{EmptyString, StringService};

/// A service that counts its calls, takes their time, and keeps how long the texts were.
#[derive(Debug)]
pub(crate) struct Instrumented<S> {
    uppercase: Method,
    count: Method,
    count_result: Histogram,
    inner: S,
}

/// The metrics of one method.
#[derive(Debug)]
struct Method {
    good: Counter,
    failed: Counter,
    duration: Histogram,
}

impl<S> Instrumented<S> {
    /// Counts in `registry` what `inner` does.
    ///
    /// # Errors
    ///
    /// One of the names is taken by another metric.
    pub(crate) fn new(registry: &Registry, inner: S) -> Result<Self, MetricError> {
        let requests = registry.counter_family(
            "string_service_requests_total",
            "Requests received.",
            ["method", "error"],
        )?;
        let duration = registry.histogram_family(
            "string_service_request_duration_seconds",
            "How long requests took, in seconds.",
            ["method"],
            // The default buckets begin at 5 ms, which is an age here.
            Buckets::new(&[1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1.0])?,
        )?;
        // Labels are resolved here, once, so a call does no look-up.
        let method = |name: &str| Method {
            good: requests.with([name, "false"]),
            failed: requests.with([name, "true"]),
            duration: duration.with([name]),
        };
        Ok(Self {
            uppercase: method("uppercase"),
            count: method("count"),
            // Buckets so narrow that Prometheus is shown quantiles, as Go kit's summary shows them.
            count_result: registry.histogram(
                "string_service_count_result",
                "The result of each count.",
                Buckets::log_linear(),
            )?,
            inner,
        })
    }
}

impl<S: StringService> StringService for Instrumented<S> {
    fn uppercase(&self, s: &str) -> Result<String, EmptyString> {
        let _timer = self.uppercase.duration.start_timer();
        let result = self.inner.uppercase(s);
        let requests = if result.is_ok() { &self.uppercase.good } else { &self.uppercase.failed };
        requests.increment();
        result
    }

    fn count(&self, s: &str) -> usize {
        let _timer = self.count.duration.start_timer();
        let n = self.inner.count(s);
        self.count.good.increment();
        self.count_result.observe(n as f64);
        n
    }
}
