//! Observations of histograms that wait to be sent.

use std::{
    fmt, mem,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use super::{
    StatsdBuilder,
    line::{Dialect, Key},
};
use crate::{Backend, Desc, Labels, MetricError, Observe, PushStats, push::chance};

/// Datadog cuts longer names.
const LONGEST: usize = 200;

/// Observations of all histograms, as a backend that taps them.
pub(super) struct Samples {
    dialect: Dialect,
    prefix: String,
    tags: String,
    rate: f64,
    room: Arc<Room>,
    all: Mutex<Vec<Arc<Waiting>>>,
}

/// How many observations may wait, in all series together.
#[derive(Debug)]
struct Room {
    waiting: AtomicUsize,
    limit: usize,
    stats: PushStats,
}

impl Room {
    /// Takes a place, or counts what has none.
    fn take(&self) -> bool {
        // One word that all threads write to, but only for what is sampled and will be a line of
        // its own.
        if self.waiting.fetch_add(1, Relaxed) < self.limit {
            return true;
        }
        self.waiting.fetch_sub(1, Relaxed);
        self.stats.count_dropped(1);
        false
    }
}

/// Observations of one series.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) key: Key,
    rate: f64,
    room: Arc<Room>,
    values: Mutex<Vec<f64>>,
}

impl Waiting {
    fn values(&self) -> MutexGuard<'_, Vec<f64>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes all that wait.
    pub(super) fn take(self: &Arc<Self>) -> Vec<Taken> {
        let values = mem::take(&mut *self.values());
        values.into_iter().map(|value| Taken { value, series: self.clone(), done: false }).collect()
    }
}

/// An observation on its way. It keeps its place until it is [done](Self::done); if it is dropped
/// before, it waits again.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) value: f64,
    series: Arc<Waiting>,
    done: bool,
}

impl Taken {
    /// It was sent, or never can be.
    pub(super) fn done(mut self) {
        self.done = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.done {
            self.series.room.waiting.fetch_sub(1, Relaxed);
        } else {
            self.series.values().push(self.value);
        }
    }
}

impl Observe for Waiting {
    fn observe(&self, value: f64) {
        if (self.rate >= 1.0 || chance() < self.rate) && self.room.take() {
            // Held by others just as long: for a push, or to take the whole.
            self.values().push(value);
        }
    }
}

impl Samples {
    pub(super) fn new(builder: &StatsdBuilder, stats: PushStats) -> Self {
        let room = Room { waiting: AtomicUsize::new(0), limit: builder.buffered, stats };
        Self {
            dialect: builder.dialect,
            prefix: builder.prefix.clone(),
            tags: builder.tags.clone(),
            rate: builder.sample_rate,
            room: Arc::new(room),
            all: Mutex::default(),
        }
    }

    /// Every series that there is.
    pub(super) fn series(&self) -> Vec<Arc<Waiting>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Backend for Samples {
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        if matches!(self.dialect, Dialect::Statsd) {
            return Ok(());
        }
        let name = format!("{}{}", self.prefix, desc.name());
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let reason = format!("to Datadog a name begins with a letter, and `{name}` does not");
            return Err(MetricError::refused(desc, reason));
        }
        if name.chars().count() > LONGEST {
            let reason = format!("to Datadog a name has at most {LONGEST} characters");
            return Err(MetricError::refused(desc, reason));
        }
        Ok(())
    }

    fn tap(&self, desc: &Desc, labels: &Labels) -> Option<Arc<dyn Observe>> {
        let waiting = Arc::new(Waiting {
            key: Key::new(self.dialect, &self.prefix, &self.tags, desc.name(), labels),
            rate: self.rate,
            room: self.room.clone(),
            values: Mutex::default(),
        });
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(waiting.clone());
        Some(waiting)
    }
}

impl fmt::Debug for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Samples").field("room", &self.room).finish_non_exhaustive()
    }
}
