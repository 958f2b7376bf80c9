//! Why a metric could not be had.

use std::{error::Error, fmt};

use crate::Desc;

/// Why a metric could not be had. Always a mistake in the program's own names or settings, found
/// where the metric is made and never where it is observed.
///
/// The text says what to write instead. Its wording may change; ask [`is_conflict`] and its
/// siblings.
///
/// ```
/// use oxkit_metrics::Registry;
///
/// let registry = Registry::new();
/// registry.counter("jobs", "Jobs done.").unwrap();
///
/// let error = registry.gauge("jobs", "Jobs waiting.").unwrap_err();
/// assert!(error.is_conflict());
/// assert_eq!(
///     error.to_string(),
///     "the metric `jobs` exists as a counter without labels, \
///      and was asked for as a gauge without labels"
/// );
/// ```
///
/// [`is_conflict`]: Self::is_conflict
pub struct MetricError(Box<Cause>);

#[derive(Debug)]
#[cfg_attr(
    not(any(feature = "graphite", feature = "push-http", feature = "statsd")),
    expect(dead_code, reason = "not every backend has settings")
)]
enum Cause {
    Name(String),
    LabelName(String),
    Buckets(String),
    Conflict(String),
    Labels(String),
    Refused(String),
    Setting(String),
}

impl MetricError {
    /// For a [`Backend`](crate::Backend) that cannot express a metric.
    #[must_use]
    pub fn refused(desc: &Desc, reason: impl fmt::Display) -> Self {
        Self(Box::new(Cause::Refused(format!("the metric `{}` is refused: {reason}", desc.name()))))
    }

    pub(crate) fn name(text: String) -> Self {
        Self(Box::new(Cause::Name(text)))
    }

    pub(crate) fn label_name(text: String) -> Self {
        Self(Box::new(Cause::LabelName(text)))
    }

    pub(crate) fn buckets(text: String) -> Self {
        Self(Box::new(Cause::Buckets(text)))
    }

    pub(crate) fn conflict(present: &Desc, asked: &Desc) -> Self {
        Self(Box::new(Cause::Conflict(format!(
            "the metric `{}` exists as {present}, and was asked for as {asked}",
            present.name()
        ))))
    }

    pub(crate) fn labels(text: String) -> Self {
        Self(Box::new(Cause::Labels(text)))
    }

    #[cfg(feature = "prometheus")]
    pub(crate) fn unattached(text: String) -> Self {
        Self(Box::new(Cause::Refused(text)))
    }

    #[cfg(any(feature = "graphite", feature = "push-http", feature = "statsd"))]
    pub(crate) fn setting(text: String) -> Self {
        Self(Box::new(Cause::Setting(text)))
    }

    pub(crate) fn late() -> Self {
        Self(Box::new(Cause::Refused(
            "the registry has metrics already: attach backends first, so that they see all of them"
                .to_owned(),
        )))
    }

    /// Whether the name is taken by a metric of another kind, with other labels or other buckets.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(*self.0, Cause::Conflict(_))
    }

    /// Whether the name of the metric or of a label is not one.
    #[must_use]
    pub fn is_invalid_name(&self) -> bool {
        matches!(*self.0, Cause::Name(_) | Cause::LabelName(_))
    }

    /// Whether the bounds of the buckets are not ascending, not finite, or too few or too many.
    #[must_use]
    pub fn is_invalid_buckets(&self) -> bool {
        matches!(*self.0, Cause::Buckets(_))
    }

    /// Whether labels were given that are not those of the metric.
    #[must_use]
    pub fn is_wrong_labels(&self) -> bool {
        matches!(*self.0, Cause::Labels(_))
    }

    /// Whether a setting of a backend makes no sense, such as a URL that is none.
    #[must_use]
    pub fn is_invalid_setting(&self) -> bool {
        matches!(*self.0, Cause::Setting(_))
    }

    /// Whether a backend refused, because it cannot express the metric or was attached too late.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(*self.0, Cause::Refused(_))
    }
}

impl fmt::Display for MetricError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Cause::Name(text)
            | Cause::LabelName(text)
            | Cause::Buckets(text)
            | Cause::Conflict(text)
            | Cause::Labels(text)
            | Cause::Refused(text)
            | Cause::Setting(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for MetricError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Error for MetricError {}
