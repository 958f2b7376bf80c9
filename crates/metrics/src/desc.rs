//! What a metric is.

use std::fmt;

use crate::Buckets;

/// What kind of number a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A sum that only grows: [`Counter`](crate::Counter).
    Counter,
    /// A sum that grows and shrinks: [`UpDownCounter`](crate::UpDownCounter). Monitoring systems
    /// show it as a gauge.
    UpDownCounter,
    /// A value that is set: [`Gauge`](crate::Gauge).
    Gauge,
    /// How observations are distributed: [`Histogram`](crate::Histogram).
    Histogram,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Counter => "counter",
            Self::UpDownCounter => "up-down counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        })
    }
}

/// What a metric is: its name, what it tells, its kind, the names of its labels, and its buckets if
/// it is a histogram. What a [`Backend`](crate::Backend) is shown.
///
/// ```
/// use oxkit_metrics::{Kind, Registry};
///
/// let registry = Registry::new();
/// let family = registry.counter_family("jobs", "Jobs done.", ["queue"])?;
/// assert_eq!(family.desc().name(), "jobs");
/// assert_eq!(family.desc().kind(), Kind::Counter);
/// assert!(family.desc().label_names().eq(["queue"]));
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Debug)]
pub struct Desc {
    pub(crate) name: Box<str>,
    pub(crate) help: Box<str>,
    pub(crate) kind: Kind,
    pub(crate) labels: Box<[Box<str>]>,
    pub(crate) buckets: Option<Buckets>,
}

impl Desc {
    pub(crate) fn new(
        name: &str,
        help: &str,
        kind: Kind,
        labels: &[&str],
        buckets: Option<Buckets>,
    ) -> Self {
        let labels = labels.iter().map(|label| Box::from(*label)).collect();
        Self { name: name.into(), help: help.into(), kind, labels, buckets }
    }

    /// The name: ASCII letters, digits and `_`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the metric tells, for people. Any text.
    #[must_use]
    pub fn help(&self) -> &str {
        &self.help
    }

    /// The kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The names of the labels, in the order in which values are given.
    #[must_use]
    pub fn label_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.labels.iter().map(|name| &**name)
    }

    /// The buckets, of a histogram.
    #[must_use]
    pub const fn buckets(&self) -> Option<&Buckets> {
        self.buckets.as_ref()
    }

    /// Whether both are one metric. What they say about themselves may differ: the first one stays.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.labels == other.labels && self.buckets == other.buckets
    }
}

/// As errors name it, with an article.
impl fmt::Display for Desc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = if self.kind == Kind::UpDownCounter { "an" } else { "a" };
        write!(f, "{article} {} ", self.kind)?;
        if self.labels.is_empty() {
            f.write_str("without labels")?;
        } else {
            write!(f, "with the labels {}", self.labels.join(", "))?;
        }
        self.buckets.as_ref().map_or(Ok(()), |buckets| write!(f, " and {buckets}"))
    }
}
