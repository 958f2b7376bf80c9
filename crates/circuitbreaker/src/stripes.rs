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

/// One part of the counter, and when those who count in it look at the clock.
///
/// 128 and not 64: processors fetch lines in pairs.
#[repr(align(128))]
pub(crate) struct Stripe {
    count: AtomicU64,
    /// At which count the clock is to be looked at.
    look_at: AtomicU64,
    /// When that was last done, on a clock of nanoseconds, and how many calls before this look.
    looked: AtomicU64,
    step: AtomicU64,
}

impl Stripe {
    /// The most calls that are counted without a look at the clock.
    pub(crate) const MOST_UNSEEN: u64 = 16;

    fn new(look_at: u64) -> Self {
        Self {
            count: AtomicU64::new(0),
            look_at: AtomicU64::new(look_at),
            looked: AtomicU64::new(0),
            step: AtomicU64::new(1),
        }
    }

    /// Whether the clock is to be looked at before the next call is counted.
    #[inline]
    pub(crate) fn is_to_look(&self) -> bool {
        self.count.load(Relaxed) >= self.look_at.load(Relaxed)
    }

    /// The clock was looked at: it is to be done again at the next call or, when the calls since
    /// the last look came in less than `hurry`, after twice as many.
    ///
    /// Two threads in one stripe may mix their looks, and then look sooner or later by a step.
    pub(crate) fn looked(&self, now: u64, hurry: u64) {
        let since = now.saturating_sub(self.looked.swap(now, Relaxed));
        let step = match self.step.load(Relaxed) {
            step if since < hurry => (2 * step).min(Self::MOST_UNSEEN),
            _ => 1,
        };
        self.step.store(step, Relaxed);
        self.look_at.store(self.count.load(Relaxed) + step, Relaxed);
    }

    /// Counts one.
    #[inline]
    pub(crate) fn add(&self) {
        self.count.fetch_add(1, Relaxed);
    }
}

impl Stripes {
    /// As many stripes as a service should have here: enough for the threads that run at once.
    pub(crate) fn wanted() -> usize {
        const MOST: usize = 32;
        thread::available_parallelism().map_or(1, NonZeroUsize::get).next_power_of_two().min(MOST)
    }

    /// `count` is rounded up to a power of two. The clock is to be looked at at the first call, or
    /// never.
    pub(crate) fn new(count: usize, looks: bool) -> Self {
        let count = count.max(1).next_power_of_two();
        let look_at = if looks { 0 } else { u64::MAX };
        Self((0..count).map(|_| Stripe::new(look_at)).collect())
    }

    /// The part this thread counts in.
    #[inline]
    pub(crate) fn mine(&self) -> &Stripe {
        // The number of them is a power of two: the mask keeps the index inside.
        &self.0[ordinal() & (self.0.len() - 1)]
    }

    /// How many were counted. What is being counted meanwhile may be left for the next time, and
    /// is never lost.
    pub(crate) fn sum(&self) -> u64 {
        self.0.iter().map(|stripe| stripe.count.load(Relaxed)).sum()
    }
}

impl fmt::Debug for Stripes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Stripes").field(&self.sum()).finish()
    }
}

/// A small number for each thread, so that any few threads have different ones, which a hash of an
/// identity would not promise. It carries no meaning and nothing reads it but the line above.
#[inline]
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
        let stripes = Stripes::new(3, false);
        assert_eq!(stripes.0.len(), 4);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| (0..1000).for_each(|_| stripes.mine().add()));
            }
        });
        assert_eq!(stripes.sum(), 8000);
    }

    #[test]
    fn no_two_stripes_share_a_pair_of_cache_lines() {
        assert_eq!(size_of::<Stripe>(), 128);
    }
}
