//! So many failures in a row.

use std::time::Instant;

use super::{Rule, Tally};
use crate::{
    Verdict,
    clock::{Lazy, Origin},
    sync::atomic::{
        AtomicU64,
        Ordering::{AcqRel, Acquire, Release},
    },
};

/// Opens after so many failures in a row.
///
/// The cheapest policy, and the right one for an endpoint that either works or does not. Under
/// load, where calls fail here and there among good ones, a row may never come: use a
/// [`FailureRatio`](crate::FailureRatio) there.
///
/// A good call costs three loads; it writes only if it ends a row of failures. With the defaults of
/// the [builder](crate::Builder) it behaves as Go kit's breaker does, which is gobreaker: it opens at
/// the sixth failure in a row, for a minute, and then probes with one call.
///
/// ```
/// use std::time::{Duration, Instant};
/// use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures, State, Verdict};
///
/// let now = Instant::now();
/// let circuit = Breaker::builder(ConsecutiveFailures::new(2)).circuit(now);
/// for _ in 0..2 {
///     let permit = circuit.begin(|| now)?;
///     circuit.end(permit, Verdict::Failure, || now);
/// }
/// assert_eq!(circuit.state(), State::Open);
/// let refused = circuit.begin(|| now + Duration::from_secs(20)).unwrap_err();
/// assert_eq!(refused.retry_after(), Some(Duration::from_secs(40)));
/// # Ok::<(), oxkit_circuitbreaker::Refused>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConsecutiveFailures {
    limit: u64,
}

impl ConsecutiveFailures {
    /// What [`default`](Self::default) opens at.
    pub const DEFAULT_LIMIT: u32 = 6;

    /// Opens at the `limit`th failure in a row.
    ///
    /// 0 is taken as 1, and more than 16,777,215 as that.
    #[must_use]
    pub const fn new(limit: u32) -> Self {
        let limit = limit as u64;
        Self {
            limit: if limit == 0 {
                1
            } else if limit > Row::MOST {
                Row::MOST
            } else {
                limit
            },
        }
    }
}

impl Default for ConsecutiveFailures {
    /// Opens at the sixth failure in a row.
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

impl Rule for ConsecutiveFailures {
    type Began = ();
    type Tally = Row;

    fn tally(&self, _: usize, _: Origin) -> Row {
        Row { limit: self.limit, word: AtomicU64::new(0) }
    }

    fn begin<F: Fn() -> Instant>(&self, _: &mut Lazy<F>) {}

    fn judge<F: Fn() -> Instant>(&self, (): &(), verdict: Verdict, _: &mut Lazy<F>) -> Verdict {
        verdict
    }
}

/// The failures in a row, in one word with the generation they belong to.
#[derive(Debug)]
pub struct Row {
    limit: u64,
    word: AtomicU64,
}

impl Row {
    const COUNT_BITS: u32 = 24;
    const MOST: u64 = (1 << Self::COUNT_BITS) - 1;

    /// A late result would have to be 2^40 changes late to be taken for one of now.
    const fn word(generation: u64, count: u64) -> u64 {
        generation << Self::COUNT_BITS | count
    }

    const fn count(word: u64) -> u64 {
        word & Self::MOST
    }

    const fn is_of(word: u64, generation: u64) -> bool {
        word >> Self::COUNT_BITS == Self::word(generation, 0) >> Self::COUNT_BITS
    }
}

impl Tally for Row {
    fn good<F: Fn() -> Instant>(&self, generation: u64, _: &mut Lazy<F>) {
        // Nearly always zero already, and then only read: every thread may keep a copy of the line.
        if Self::count(self.word.load(Acquire)) != 0 {
            let none = Self::word(generation, 0);
            // Of another generation: not ours to end.
            let _ = self.word.fetch_update(AcqRel, Acquire, |word| {
                Self::is_of(word, generation).then_some(none)
            });
        }
    }

    fn bad<F: Fn() -> Instant>(&self, generation: u64, _: &mut Lazy<F>) -> bool {
        let counted = self.word.fetch_update(AcqRel, Acquire, |word| {
            let room = Self::is_of(word, generation) && Self::count(word) < self.limit;
            room.then_some(word + 1)
        });
        // Exactly one of them reaches the limit.
        counted.is_ok_and(|before| Self::count(before) + 1 == self.limit)
    }

    fn restart(&self, generation: u64) {
        self.word.store(Self::word(generation, 0), Release);
    }

    fn counts(&self) -> (u64, u64) {
        let count = Self::count(self.word.load(Acquire));
        (count, count)
    }
}
