//! The policy: what is expected, and what is refused. Pure; driven by given durations.

use std::time::Duration;

/// How many bits of the word count refusals.
const REFUSED_BITS: u32 = 4;
/// Of so many calls that would be refused one is let through.
const PROBE_EVERY: u64 = 1 << REFUSED_BITS;
/// The longest that can be expected: 36 years.
const MAX_NANOS: u64 = u64::MAX >> REFUSED_BITS;
/// A step up is a 16th of the estimate. A step down is a 17th, which takes it back to where it was.
const STEP: u64 = 16;

/// An estimate of the median, and how many were refused since the last probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Estimate {
    /// Zero: nothing is known.
    nanos: u64,
    refused: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// There is time.
    Admit,
    /// There is no time; it is let through to see whether that is still so.
    Probe,
    /// There is no time.
    Refuse,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Answered,
    /// Answered though there was no time by the estimate.
    ProbeAnswered,
    /// Failed or given up: it would have taken at least as long.
    Cut,
}

impl Estimate {
    pub(super) const UNKNOWN: Self = Self { nanos: 0, refused: 0 };

    pub(super) const fn from_word(word: u64) -> Self {
        Self { nanos: word >> REFUSED_BITS, refused: word & (PROBE_EVERY - 1) }
    }

    pub(super) const fn to_word(self) -> u64 {
        self.nanos << REFUSED_BITS | self.refused
    }

    pub(super) const fn expected(self) -> Option<Duration> {
        match self.nanos {
            0 => None,
            nanos => Some(Duration::from_nanos(nanos)),
        }
    }

    /// Whether a call with so much time left is let through.
    pub(super) fn judge(self, left: Duration) -> (Self, Verdict) {
        if left >= Duration::from_nanos(self.nanos) {
            return (self, Verdict::Admit);
        }
        let refused = (self.refused + 1) % PROBE_EVERY;
        let verdict = if refused == 0 { Verdict::Probe } else { Verdict::Refuse };
        (Self { refused, ..self }, verdict)
    }

    /// What is expected after a call that took so long.
    pub(super) fn observe(self, took: Duration, end: End) -> Self {
        let took = u64::try_from(took.as_nanos()).unwrap_or(MAX_NANOS).clamp(1, MAX_NANOS);
        let nanos = if self.nanos == 0 {
            took
        } else if took > self.nanos {
            // At least one, or an estimate below the step would never move.
            (self.nanos + (self.nanos / STEP).max(1)).min(took)
        } else {
            match end {
                End::Answered => (self.nanos - self.nanos / (STEP + 1)).max(took),
                End::ProbeAnswered => took,
                End::Cut => self.nanos,
            }
        };
        Self { nanos, ..self }
    }
}

#[cfg(test)]
mod tests;
