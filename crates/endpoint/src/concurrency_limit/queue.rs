//! How many wait. The order of those who do is the semaphore's.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

pub(super) struct Queue(AtomicUsize);

/// A place in the queue, left when dropped.
pub(super) struct Place<'a>(&'a Queue);

impl Queue {
    pub(super) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    pub(super) fn len(&self) -> usize {
        self.0.load(Relaxed)
    }

    /// Takes a place, unless `max` are taken.
    pub(super) fn enter(&self, max: usize) -> Option<Place<'_>> {
        self.0.fetch_update(Relaxed, Relaxed, |taken| (taken < max).then_some(taken + 1)).ok()?;
        Some(Place(self))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}
