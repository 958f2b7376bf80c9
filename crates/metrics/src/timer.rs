//! Taking the time of something.

use std::time::{Duration, Instant};

use crate::Histogram;

/// Takes the time of something and observes it in a [`Histogram`] when it is dropped, in seconds
/// unless another [unit](Self::in_units_of) is asked for.
///
/// ```
/// use std::time::Duration;
/// use oxkit_metrics::{Buckets, Registry};
///
/// fn work() {}
///
/// let registry = Registry::new();
/// let took = registry.histogram("work_ms", "How long work takes.", Buckets::default())?;
/// {
///     let _timer = took.start_timer().in_units_of(Duration::from_millis(1));
///     work();
/// }
/// assert_eq!(took.value().count(), 1);
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Debug)]
#[must_use = "dropped at once, it observes no time"]
pub struct Timer<'a> {
    histogram: Option<&'a Histogram>,
    start: Instant,
    unit: Duration,
}

impl<'a> Timer<'a> {
    pub(crate) const fn new(histogram: &'a Histogram, start: Instant) -> Self {
        Self { histogram: Some(histogram), start, unit: Duration::from_secs(1) }
    }

    /// Observes in another unit than seconds. A unit of zero is taken for a nanosecond.
    pub fn in_units_of(mut self, unit: Duration) -> Self {
        // In place: a copy of the rest would leave this one behind to observe as well.
        self.unit = unit.max(Duration::from_nanos(1));
        self
    }

    /// Observes now, and says what.
    #[expect(clippy::must_use_candidate, reason = "observing is what it is for")]
    pub fn stop(self) -> Duration {
        self.stop_at(Instant::now())
    }

    /// Observes the time until `end`: none if that is before the start.
    #[expect(clippy::must_use_candidate, reason = "observing is what it is for")]
    pub fn stop_at(mut self, end: Instant) -> Duration {
        self.observe(end)
    }

    /// Observes nothing.
    pub fn discard(mut self) {
        self.histogram = None;
    }

    fn observe(&mut self, end: Instant) -> Duration {
        let time = end.saturating_duration_since(self.start);
        if let Some(histogram) = self.histogram.take() {
            histogram.observe(time.div_duration_f64(self.unit));
        }
        time
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        if self.histogram.is_some() {
            self.observe(Instant::now());
        }
    }
}
