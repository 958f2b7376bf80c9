//! Those who wait, in the order they came.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use tokio::sync::{Semaphore, SemaphorePermit};

/// A line: its length, and whose turn it is. The order is the semaphore's, which is fair.
#[derive(Debug)]
pub(super) struct Line {
    length: AtomicUsize,
    turn: Semaphore,
}

/// A place in line, left when dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    line: &'a Line,
    /// How many came before.
    pub(super) ahead: usize,
}

impl Line {
    pub(super) const fn new() -> Self {
        Self { length: AtomicUsize::new(0), turn: Semaphore::const_new(1) }
    }

    pub(super) fn len(&self) -> usize {
        self.length.load(Relaxed)
    }

    /// Takes a place, unless `max` are taken. Says how many are before either way.
    pub(super) fn enter(&self, max: usize) -> Result<Place<'_>, usize> {
        self.length
            .fetch_update(Relaxed, Relaxed, |taken| (taken < max).then_some(taken + 1))
            .map(|ahead| Place { line: self, ahead })
    }
}

impl<'a> Place<'a> {
    /// Waits until all who came before are gone.
    pub(super) async fn first(&self) -> SemaphorePermit<'a> {
        self.line.turn.acquire().await.expect("the semaphore is never closed")
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.line.length.fetch_sub(1, Relaxed);
    }
}
