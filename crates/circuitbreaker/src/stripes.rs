//! A counter that threads do not contend for.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering::Relaxed as Unordered},
    thread,
};

use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// A counter in parts, each on cache lines of its own: two threads that count the same good calls
/// write to different ones. It only ever grows.
pub(crate) struct Stripes(Box<[Stripe]>);

/// 128 and not 64: processors fetch lines in pairs.
#[repr(align(128))]
struct Stripe(AtomicU64);

impl Stripes {
    /// As many stripes as a service should have here: enough for the threads that run at once.
    pub(crate) fn wanted() -> usize {
        const MOST: usize = 32;
        thread::available_parallelism().map_or(1, NonZeroUsize::get).next_power_of_two().min(MOST)
    }

    /// `count` is rounded up to a power of two.
    pub(crate) fn new(count: usize) -> Self {
        let count = count.max(1).next_power_of_two();
        Self((0..count).map(|_| Stripe(AtomicU64::new(0))).collect())
    }

    /// Counts one.
    pub(crate) fn add(&self) {
        // The count is a power of two: the mask keeps the index inside.
        self.0[ordinal() & (self.0.len() - 1)].0.fetch_add(1, Relaxed);
    }

    /// How many were counted. What is being counted meanwhile may be left for the next time, and
    /// is never lost.
    pub(crate) fn sum(&self) -> u64 {
        self.0.iter().map(|stripe| stripe.0.load(Relaxed)).sum()
    }
}

impl fmt::Debug for Stripes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stripes").field(&self.sum()).finish()
    }
}

/// A small number for each thread, so that any few threads have different ones, which a hash of an
/// identity would not promise. It carries no meaning and nothing reads it but the line above.
fn ordinal() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static ORDINAL: usize = NEXT.fetch_add(1, Unordered);
    }
    // A thread that is ending may have lost its own.
    ORDINAL.try_with(|ordinal| *ordinal).unwrap_or(0)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_all_threads_count_adds_up() {
        let stripes = Stripes::new(3);
        assert_eq!(stripes.0.len(), 4);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1000).for_each(|_| stripes.add()));
            }
        });
        assert_eq!(stripes.sum(), 8000);
    }

    #[test]
    fn no_two_stripes_share_a_pair_of_cache_lines() {
        assert_eq!(size_of::<Stripe>(), 128);
    }
}
