//! The estimate that all calls share, in one atomic word.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use super::estimate::{End, Estimate, Verdict};

// Relaxed throughout: the word is all there is, and guards nothing else.
#[derive(Debug)]
pub(super) struct Recent(AtomicU64);

impl Recent {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(Estimate::UNKNOWN.to_word()))
    }

    pub(super) fn expected(&self) -> Option<Duration> {
        Estimate::from_word(self.0.load(Relaxed)).expected()
    }

    pub(super) fn judge(&self, left: Duration) -> Verdict {
        self.change(|estimate| estimate.judge(left))
    }

    pub(super) fn observe(&self, took: Duration, end: End) {
        self.change(|estimate| (estimate.observe(took, end), ()));
    }

    /// Stores only what changed: while nothing is refused, judging is a load.
    fn change<T>(&self, step: impl Fn(Estimate) -> (Estimate, T)) -> T {
        let mut word = self.0.load(Relaxed);
        loop {
            let (next, output) = step(Estimate::from_word(word));
            let next = next.to_word();
            if next == word {
                return output;
            }
            match self.0.compare_exchange_weak(word, next, Relaxed, Relaxed) {
                Ok(_) => return output,
                Err(present) => word = present,
            }
        }
    }
}
