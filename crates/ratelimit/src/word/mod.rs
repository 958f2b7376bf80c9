//! The one word that all callers of a limiter share.

#[cfg(all(test, loom))]
use loom::sync::atomic::AtomicU64;
#[cfg(not(all(test, loom)))]
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::gcra::{NotBefore, Token};

/// A word that is read, judged and replaced in one step.
///
/// Alone on its cache line: every call writes it, and what lies beside it is only read.
// Relaxed throughout: the word is all there is, and guards nothing else.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Word(AtomicU64);

/// What a call took: enough to put it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    before: u64,
    after: u64,
    /// When the token is there.
    pub(crate) at: u64,
}

impl Word {
    /// The word of a full bucket.
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub(crate) fn load(&self) -> u64 {
        self.0.load(Relaxed)
    }

    /// Takes the token that `judge` finds for the present word.
    #[inline]
    pub(crate) fn take(
        &self,
        judge: impl Fn(u64) -> Result<Token, NotBefore>,
    ) -> Result<Taken, NotBefore> {
        let mut before = self.0.load(Relaxed);
        loop {
            // A refusal writes nothing: while a limit is reached, callers share the line.
            let Token { word: after, at } = judge(before)?;
            match self.0.compare_exchange_weak(before, after, Relaxed, Relaxed) {
                Ok(_) => return Ok(Taken { before, after, at }),
                Err(present) => before = present,
            }
        }
    }

    /// Puts a token back, if nothing was taken since.
    ///
    /// Later tokens were promised for instants that count on this one: once there are such it is
    /// spent, or two calls would have the same instant. A word that reads the same *is* the same,
    /// whatever happened meanwhile: each take moves it forward, and only the holder of the last
    /// take moves it back.
    pub(crate) fn give_back(&self, taken: Taken) -> bool {
        self.0.compare_exchange(taken.after, taken.before, Relaxed, Relaxed).is_ok()
    }
}

#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, not(loom)))]
mod schedules;
