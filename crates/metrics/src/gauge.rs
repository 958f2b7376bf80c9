//! Values that are set.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use crate::stats::Stats;

/// A value that is set, such as a temperature or the length of a queue.
///
/// A handle: clones set the same value, the last one counts. If it is only ever added to, an
/// [`UpDownCounter`](crate::UpDownCounter) costs less where many threads write.
///
/// ```
/// use oxkit_metrics::Registry;
///
/// let registry = Registry::new();
/// let queued = registry.gauge("queued", "Jobs waiting.")?;
/// queued.set(7.0);
/// queued.add(-2.5);
/// assert_eq!(queued.value(), 4.5);
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Clone, Default)]
pub struct Gauge(Option<Arc<Series>>);

struct Series {
    bits: AtomicU64,
    stats: Arc<Stats>,
}

impl Gauge {
    /// A gauge that nobody sees: always 0.
    #[must_use]
    pub const fn disabled() -> Self {
        Self(None)
    }

    pub(crate) fn new(stats: Arc<Stats>) -> Self {
        Self(Some(Arc::new(Series { bits: AtomicU64::new(0), stats })))
    }

    /// Sets the value. Infinities and NaN are values too; each backend says how it writes them.
    #[inline]
    pub fn set(&self, value: f64) {
        if let Some(series) = &self.0 {
            series.bits.store(value.to_bits(), Relaxed);
        }
    }

    /// Adds to the value.
    ///
    /// What is infinite or not a number is not added, since nothing could be taken away from the
    /// result again. It is [counted as rejected](crate::Registry::rejected).
    #[inline]
    pub fn add(&self, amount: f64) {
        let Some(series) = &self.0 else { return };
        if !amount.is_finite() {
            series.stats.reject();
            return;
        }
        let mut seen = series.bits.load(Relaxed);
        loop {
            let sum = (f64::from_bits(seen) + amount).to_bits();
            match series.bits.compare_exchange_weak(seen, sum, Relaxed, Relaxed) {
                Ok(_) => return,
                Err(now) => seen = now,
            }
        }
    }

    /// The value that was set last.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.0.as_ref().map_or(0.0, |series| f64::from_bits(series.bits.load(Relaxed)))
    }
}

impl fmt::Debug for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Gauge").field(&self.value()).finish()
    }
}
