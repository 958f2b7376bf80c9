//! All values at one moment.

use std::sync::Arc;

use crate::{Desc, Distribution, Labels};

/// The value of one series.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// The sum of a counter since it was made.
    Counter(f64),
    /// The value of a gauge or an up-down counter. May be infinite or not a number.
    Gauge(f64),
    /// What a histogram observed since it was made.
    Histogram(Distribution),
}

impl Value {
    /// The number, unless it is a histogram's.
    #[must_use]
    pub const fn number(&self) -> Option<f64> {
        match self {
            Self::Counter(number) | Self::Gauge(number) => Some(*number),
            Self::Histogram(_) => None,
        }
    }

    /// The distribution, if it is a histogram's.
    #[must_use]
    pub const fn distribution(&self) -> Option<&Distribution> {
        match self {
            Self::Histogram(distribution) => Some(distribution),
            _ => None,
        }
    }
}

/// One series: its labels and its value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Series {
    /// The labels.
    pub labels: Labels,
    /// The value.
    pub value: Value,
}

/// One metric: what it is, and all its series.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Metric {
    /// What it is.
    pub desc: Arc<Desc>,
    /// Its series, ordered by the values of their labels. May be none.
    pub series: Vec<Series>,
}

/// All metrics of a registry at one moment, ordered by name (and by the names of their labels, where
/// a bridge has several of one name): what backends write from, and what
/// tests ask.
///
/// Series are read one after the other while the service goes on, so two metrics that are added to
/// together may differ by what was in between. Each number of a counter or a bucket is at least what
/// the snapshot before had.
///
/// ```
/// use oxkit_metrics::Registry;
///
/// let registry = Registry::new();
/// let jobs = registry.counter_family("jobs", "Jobs done.", ["queue", "outcome"])?;
/// jobs.with(["mail", "ok"]).add(3);
///
/// let snapshot = registry.snapshot();
/// assert_eq!(snapshot.number("jobs", &[("outcome", "ok"), ("queue", "mail")]), Some(3.0));
/// assert_eq!(snapshot.number("jobs", &[("outcome", "failed"), ("queue", "mail")]), None);
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    metrics: Vec<Metric>,
}

impl Snapshot {
    pub(crate) const fn new(metrics: Vec<Metric>) -> Self {
        Self { metrics }
    }

    /// Without what the registry tells of exporters.
    #[cfg(feature = "push")]
    pub(crate) fn without_pushed(mut self) -> Self {
        self.metrics.retain(|metric| !crate::own::is_pushed(metric.desc.name()));
        self
    }

    /// The metrics, ordered by name.
    #[must_use]
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The value of the series of metric `name` that has exactly these labels, in any order.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Value> {
        let at = self.metrics.partition_point(|metric| metric.desc.name() < name);
        let mut named = self.metrics[at..].iter().take_while(|metric| metric.desc.name() == name);
        named.find_map(|metric| {
            let found = metric.series.iter().find(|series| series.labels.is_exactly(labels));
            found.map(|series| &series.value)
        })
    }

    /// As [`value`](Self::value), of a counter or a gauge.
    #[must_use]
    pub fn number(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        self.value(name, labels)?.number()
    }

    /// As [`value`](Self::value), of a histogram.
    #[must_use]
    pub fn distribution(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Distribution> {
        self.value(name, labels)?.distribution()
    }
}
