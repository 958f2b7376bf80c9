//! How sending goes.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// How sending goes, counted since the start. Clones are the same counts.
#[derive(Debug, Clone, Default)]
pub struct PushStats(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    packets: AtomicU64,
    failures: AtomicU64,
    dropped: AtomicU64,
}

impl PushStats {
    /// Packets that were sent.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.0.packets.load(Relaxed)
    }

    /// Packets that could not be sent. What they held is kept and sent later, except what is in
    /// [`dropped`](Self::dropped).
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.0.failures.load(Relaxed)
    }

    /// What will never be sent: observations for which there was no room, and lines that are longer
    /// than a packet.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Relaxed)
    }

    pub(crate) fn count_packet(&self) {
        self.0.packets.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_failure(&self) {
        self.0.failures.fetch_add(1, Relaxed);
    }

    pub(crate) fn count_dropped(&self, n: u64) {
        self.0.dropped.fetch_add(n, Relaxed);
    }
}
