//! Sums that grow and shrink.

use std::{fmt, sync::Arc};

use crate::cells::Words;

pub(crate) const WORDS: usize = 1;

/// A sum that grows and shrinks, such as requests in flight. Monitoring systems show it as a gauge.
///
/// A handle: clones add to the same sum. Unlike a [`Gauge`](crate::Gauge) it cannot be set, and for
/// that it is as cheap as a [`Counter`](crate::Counter) on any number of threads.
///
/// ```
/// use oxkit_metrics::Registry;
///
/// let registry = Registry::new();
/// let open = registry.up_down_counter("connections", "Connections open.")?;
/// let one = open.hold();
/// open.add(4);
/// assert_eq!(open.value(), 5);
/// drop(one);
/// assert_eq!(open.value(), 4);
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Clone, Default)]
pub struct UpDownCounter(Option<Arc<Words>>);

impl UpDownCounter {
    /// One that nobody sees: always 0.
    #[must_use]
    pub const fn disabled() -> Self {
        Self(None)
    }

    pub(crate) fn new(words: Words) -> Self {
        Self(Some(Arc::new(words)))
    }

    /// Adds a number, which may be negative.
    #[inline]
    pub fn add(&self, n: i64) {
        if let Some(words) = &self.0 {
            // In two's complement adding is the same for both signs.
            words.mine().add(0, n.cast_unsigned());
        }
    }

    /// Adds one.
    #[inline]
    pub fn increment(&self) {
        self.add(1);
    }

    /// Takes one away.
    #[inline]
    pub fn decrement(&self) {
        self.add(-1);
    }

    /// Adds one until what is returned is dropped, on whichever thread.
    pub fn hold(&self) -> Held<'_> {
        self.increment();
        Held(self)
    }

    /// The sum.
    #[must_use]
    pub fn value(&self) -> i64 {
        self.0.as_ref().map_or(0, |words| words.sum(0).cast_signed())
    }
}

impl fmt::Debug for UpDownCounter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("UpDownCounter").field(&self.value()).finish()
    }
}

/// One that an [`UpDownCounter`] counts until this is dropped.
#[derive(Debug)]
#[must_use = "dropped at once, it counts nothing"]
pub struct Held<'a>(&'a UpDownCounter);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.decrement();
    }
}
