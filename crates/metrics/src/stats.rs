//! What went wrong with a metric.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What went wrong with a metric, counted for all its series together.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    rejected: AtomicU64,
    overflowed: AtomicU64,
}

impl Stats {
    /// Counts an observation of what is no value for this metric.
    #[cold]
    pub(crate) fn reject(&self) {
        self.rejected.fetch_add(1, Relaxed);
    }

    /// Counts labels that were not given a series because there are too many.
    #[cold]
    pub(crate) fn overflow(&self) {
        self.overflowed.fetch_add(1, Relaxed);
    }

    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Relaxed)
    }

    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed.load(Relaxed)
    }
}
