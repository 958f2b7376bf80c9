//! How observations are distributed.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{Buckets, Distribution, Observe, Timer, cells::Words, stats::Stats};

const SUM: usize = 0;
const FIRST_BUCKET: usize = 1;

/// How observations are distributed, such as how long requests take.
///
/// A handle: clones observe into the same [buckets](Buckets). Like a [`Counter`](crate::Counter) it
/// is written to without contention.
///
/// ```
/// use std::time::Duration;
/// use oxkit_metrics::{Buckets, Registry};
///
/// let registry = Registry::new();
/// let took = registry.histogram("job_seconds", "How long jobs take.", Buckets::default())?;
/// took.observe(0.02);
/// took.observe_duration(Duration::from_millis(30));
///
/// let seen = took.value();
/// assert_eq!((seen.count(), seen.sum()), (2, 0.05));
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Clone, Default)]
pub struct Histogram(Option<Arc<Series>>);

struct Series {
    words: Words,
    buckets: Buckets,
    stats: Arc<Stats>,
    /// Those who want each observation. Mostly none.
    taps: Box<[Arc<dyn Observe>]>,
}

pub(crate) fn words(buckets: &Buckets) -> usize {
    FIRST_BUCKET + buckets.bounds().len() + 1
}

impl Histogram {
    /// A histogram that nobody sees: always empty.
    #[must_use]
    pub const fn disabled() -> Self {
        Self(None)
    }

    pub(crate) fn new(
        words: Words,
        buckets: Buckets,
        stats: Arc<Stats>,
        taps: Box<[Arc<dyn Observe>]>,
    ) -> Self {
        Self(Some(Arc::new(Series { words, buckets, stats, taps })))
    }

    /// Observes a value.
    ///
    /// What is infinite or not a number has no place in a sum or a quantile and is not observed. It
    /// is [counted as rejected](crate::Registry::rejected).
    #[inline]
    pub fn observe(&self, value: f64) {
        let Some(series) = &self.0 else { return };
        if !value.is_finite() {
            series.stats.reject();
            return;
        }
        let mine = series.words.mine();
        mine.add(FIRST_BUCKET + series.buckets.index(value), 1);
        mine.add_f64(SUM, value);
        for tap in &series.taps {
            tap.observe(value);
        }
    }

    /// As if `value` were observed so many times.
    #[cfg(feature = "metrics")]
    pub(crate) fn observe_times(&self, value: f64, times: usize) {
        let Some(series) = &self.0 else { return };
        if !value.is_finite() {
            series.stats.reject();
            return;
        }
        let mine = series.words.mine();
        mine.add(FIRST_BUCKET + series.buckets.index(value), times as u64);
        mine.add_f64(SUM, value * times as f64);
        for tap in &series.taps {
            (0..times).for_each(|_| tap.observe(value));
        }
    }

    /// Observes a time, in seconds.
    #[inline]
    pub fn observe_duration(&self, time: Duration) {
        self.observe(time.as_secs_f64());
    }

    /// Begins to take the time of something, which is observed when the [`Timer`] is dropped.
    pub fn start_timer(&self) -> Timer<'_> {
        self.start_timer_at(Instant::now())
    }

    /// As [`start_timer`](Self::start_timer), for something that began at `start`.
    pub const fn start_timer_at(&self, start: Instant) -> Timer<'_> {
        Timer::new(self, start)
    }

    /// What was observed so far. What other threads observe at this moment may be in it or not, and
    /// may be in a bucket and not yet in the sum.
    #[must_use]
    pub fn value(&self) -> Distribution {
        self.0.as_ref().map_or_else(
            || Distribution::empty(Buckets::default()),
            |series| {
                let counts = (0..=series.buckets.bounds().len())
                    .map(|bucket| series.words.sum(FIRST_BUCKET + bucket))
                    .collect();
                let sum = series.words.sum_f64(SUM);
                Distribution::new(series.buckets.clone(), counts, sum)
            },
        )
    }
}

impl fmt::Debug for Histogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value();
        f.debug_struct("Histogram")
            .field("count", &value.count())
            .field("sum", &value.sum())
            .finish()
    }
}
