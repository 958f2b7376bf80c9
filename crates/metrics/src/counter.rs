//! Sums that only grow.

use std::{fmt, sync::Arc};

use crate::{cells::Words, stats::Stats};

const WHOLE: usize = 0;
const PARTIAL: usize = 1;
pub(crate) const WORDS: usize = 2;

/// A sum that only grows, such as requests served or bytes sent.
///
/// A handle: clones add to the same sum. Adding takes about a nanosecond on any number of threads,
/// because no two of them write to the same memory.
///
/// ```
/// use oxkit_metrics::Registry;
///
/// let registry = Registry::new();
/// let jobs = registry.counter("jobs", "Jobs done.")?;
/// jobs.increment();
/// jobs.add(2);
/// assert_eq!(jobs.value(), 3.0);
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Clone, Default)]
pub struct Counter(Option<Arc<Series>>);

struct Series {
    words: Words,
    stats: Arc<Stats>,
}

impl Counter {
    /// A counter that nobody sees: it counts nothing and is always 0.
    #[must_use]
    pub const fn disabled() -> Self {
        Self(None)
    }

    pub(crate) fn new(words: Words, stats: Arc<Stats>) -> Self {
        Self(Some(Arc::new(Series { words, stats })))
    }

    /// Adds one.
    #[inline]
    pub fn increment(&self) {
        self.add(1);
    }

    /// Adds a whole number. Exact up to 2⁶⁴, then it begins again at 0, which monitoring systems
    /// take for a restart.
    #[inline]
    pub fn add(&self, n: u64) {
        if let Some(series) = &self.0 {
            series.words.mine().add(WHOLE, n);
        }
    }

    /// Adds a number that need not be whole, such as seconds of work.
    ///
    /// What is negative, infinite or not a number is not added. It is
    /// [counted as rejected](crate::Registry::rejected), because a counter that goes down or stays
    /// at infinity tells nothing any more.
    #[inline]
    pub fn add_f64(&self, amount: f64) {
        if let Some(series) = &self.0 {
            if (0.0..f64::INFINITY).contains(&amount) {
                series.words.mine().add_f64(PARTIAL, amount);
            } else {
                series.stats.reject();
            }
        }
    }

    /// The sum. What other threads add at this moment may be in it or not.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.0
            .as_ref()
            .map_or(0.0, |series| series.words.sum(WHOLE) as f64 + series.words.sum_f64(PARTIAL))
    }
}

impl fmt::Debug for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Counter").field(&self.value()).finish()
    }
}
