//! Additive increase, multiplicative decrease.

use std::{num::NonZeroUsize, time::Duration};

use super::law::{Cuts, LimitLaw, Range, Sample};

/// What a cut leaves of the limit.
const CUT: f64 = 0.9;

/// Additive increase, multiplicative decrease: one more for each round of calls that went well, a
/// tenth less when one met overload.
///
/// The law of TCP's congestion avoidance (Chiu and Jain, *Analysis of the Increase and Decrease
/// Algorithms for Congestion Avoidance in Computer Networks*, 1989; RFC 5681), with the factor of
/// Netflix' concurrency-limits. It reacts to overload, not to its approach: use it where the other
/// side refuses or times out when it has enough, or say from when on an answer is
/// [slow](Self::slower_than).
///
/// Where it differs from Netflix': the limit grows by one for each *round* (as many answers as the
/// limit), not for each answer; and it is cut once for a round, where a batch of failures of one
/// moment would cut it to nothing.
///
/// It grows only while at least half of it is in use: a limit that was never reached says nothing.
///
/// | setting | default |
/// |---|---|
/// | first limit | 20 |
/// | least, most | 1, 1000 |
/// | slow from | never |
///
/// ```
/// use std::time::{Duration, Instant};
/// use oxkit_ratelimit::{Aimd, LimitLaw, Sample};
///
/// let mut law = Aimd::new();
/// let (now, took) = (Instant::now(), Duration::from_millis(5));
/// for _ in 0..20 {
///     law.observe(Sample::answered(now, took, 20));
/// }
/// assert_eq!(law.limit(), 20, "a little less than a round");
/// law.observe(Sample::answered(now, took, 20));
/// assert_eq!(law.limit(), 21);
/// law.observe(Sample::overloaded(now, took, 20));
/// assert_eq!(law.limit(), 18);
/// ```
#[derive(Debug, Clone)]
#[must_use = "a law does nothing until a limit follows it"]
pub struct Aimd {
    limit: f64,
    range: Range,
    slow: Duration,
    cuts: Cuts,
}

impl Aimd {
    /// The law with its defaults.
    pub const fn new() -> Self {
        Self::over(Range::DEFAULT)
    }

    /// The law with this first limit.
    pub const fn starting_at(limit: NonZeroUsize) -> Self {
        Self::over(Range::starting_at(limit))
    }

    const fn over(range: Range) -> Self {
        Self { limit: range.initial, range, slow: Duration::MAX, cuts: Cuts::NONE }
    }

    /// Never lets the limit sink below `min`; raises the first limit and the most to it.
    pub const fn with_min(self, min: NonZeroUsize) -> Self {
        Self { slow: self.slow, ..Self::over(self.range.with_min(min)) }
    }

    /// Never lets the limit rise above `max`; lowers the first limit and the least to it.
    pub const fn with_max(self, max: NonZeroUsize) -> Self {
        Self { slow: self.slow, ..Self::over(self.range.with_max(max)) }
    }

    /// Takes an answer that took longer as overload.
    pub const fn slower_than(mut self, slow: Duration) -> Self {
        self.slow = slow;
        self
    }
}

impl Default for Aimd {
    fn default() -> Self {
        Self::new()
    }
}

impl LimitLaw for Aimd {
    fn limit(&self) -> usize {
        self.limit as usize
    }

    fn observe(&mut self, sample: Sample) {
        if sample.overloaded || sample.took > self.slow {
            if self.cuts.is_due(&sample) {
                self.limit = self.range.clamp(self.limit * CUT);
            }
        } else if sample.in_flight as f64 * 2.0 >= self.limit {
            self.limit = self.range.clamp(self.limit + 1.0 / self.limit);
        }
    }
}
