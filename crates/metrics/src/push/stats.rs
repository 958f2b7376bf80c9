//! How sending goes.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crate::SendError;

/// How sending goes, counted since the start. Clones are the same counts.
#[derive(Debug, Clone, Default)]
pub struct PushStats(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    failures: AtomicU64,
    dropped: AtomicU64,
    last: Mutex<Option<SendError>>,
}

impl PushStats {
    /// Requests (packets, for what sends packets) that were taken, as far as one can know: UDP does
    /// not tell.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Relaxed)
    }

    /// Attempts to send a request that failed. What it held is kept and sent later, except what is
    /// in [`dropped`](Self::dropped).
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.0.failures.load(Relaxed)
    }

    /// Values that will never be sent: those that the receiver rejected, those of a series whose
    /// line is longer than a request, observations for which there was no room, and what was left
    /// at the end of the [last flush](crate::Exporter::run).
    ///
    /// What is left then is counted high rather than low: gauges and totals count whole, with those
    /// that an earlier request of the last flush has carried, and with one more for each that was on
    /// its way. A line longer than a request counts in each interval in which it would be sent.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Relaxed)
    }

    /// What went wrong last, in the receiver's words if it said something.
    #[must_use]
    pub fn last_error(&self) -> Option<SendError> {
        self.0.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count_sent(&self) {
        self.0.sent.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_failure(&self, error: &SendError) {
        self.0.failures.fetch_add(1, Relaxed);
        *self.0.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
    }

    pub(crate) fn count_dropped(&self, n: u64) {
        self.0.dropped.fetch_add(n, Relaxed);
    }
}
