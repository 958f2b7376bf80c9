//! What the facade's handles write to.

use std::sync::{Arc, Mutex, PoisonError};

use ::metrics::{CounterFn, GaugeFn, HistogramFn};

use crate::{Counter, Gauge, Histogram};

/// A counter that can also be brought up to a number.
pub(super) struct Total {
    counter: Counter,
    /// One at a time may read a counter to say how much it lacks. That of the recorder, since
    /// several handles may write to one series.
    catching_up: Arc<Mutex<()>>,
}

impl Total {
    pub(super) const fn new(counter: Counter, catching_up: Arc<Mutex<()>>) -> Self {
        Self { counter, catching_up }
    }
}

impl CounterFn for Total {
    fn increment(&self, value: u64) {
        self.counter.add(value);
    }

    fn absolute(&self, value: u64) {
        let _alone = self.catching_up.lock().unwrap_or_else(PoisonError::into_inner);
        // Exact to 2⁵³.
        self.counter.add(value.saturating_sub(self.counter.value() as u64));
    }
}

/// A gauge, in the words of the facade.
pub(super) struct Level(pub(super) Gauge);

impl GaugeFn for Level {
    fn increment(&self, value: f64) {
        self.0.add(value);
    }

    fn decrement(&self, value: f64) {
        self.0.add(-value);
    }

    fn set(&self, value: f64) {
        self.0.set(value);
    }
}

/// A histogram, in the words of the facade.
pub(super) struct Observations(pub(super) Histogram);

impl HistogramFn for Observations {
    fn record(&self, value: f64) {
        self.0.observe(value);
    }

    fn record_many(&self, value: f64, count: usize) {
        self.0.observe_times(value, count);
    }
}
