//! The end of serving, as the connections learn of it.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use tokio::sync::{Notify, futures::OwnedNotified};

/// Told by the loop, heard by each connection.
///
/// Hearing it costs a connection one load of a line that nobody writes to, and one registration
/// for its whole life.
#[derive(Debug, Default)]
pub(super) struct Drain {
    has_begun: AtomicBool,
    begun: Arc<Notify>,
    panicked: AtomicU64,
}

impl Drain {
    pub(super) fn begin(&self) {
        // Before the wake-up, so that whoever registers too late for it finds the flag up.
        self.has_begun.store(true, Ordering::Release);
        self.begun.notify_waiters();
    }

    #[inline]
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    pub(super) fn begun(&self) -> OwnedNotified {
        Arc::clone(&self.begun).notified_owned()
    }

    pub(super) fn count_panic(&self) {
        self.panicked.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn panicked(&self) -> u64 {
        self.panicked.load(Ordering::Relaxed)
    }
}
