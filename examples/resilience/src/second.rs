//! What is counted.

use std::time::Duration;

use oxkit_circuitbreaker::State;
use oxkit_core::{Reason, Refusal};

use crate::play::Caller;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was answered.
    Answered,
    /// The backend failed it, or took too long.
    Failed,
    /// The rate limit refused it.
    Limited,
    /// It was shed: the backend has as many calls as it can serve quickly.
    Shed,
    /// The open breaker refused it.
    Broken,
}

impl End {
    /// All ends, in the order in which they are shown.
    pub const ALL: [Self; 5] =
        [Self::Answered, Self::Failed, Self::Broken, Self::Shed, Self::Limited];

    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::Limited => "limited",
            Self::Shed => "shed",
            Self::Broken => "broken",
        }
    }

    /// A refusal says which layer it is from.
    #[must_use]
    pub fn of(result: &Result<(), Refusal>) -> Self {
        match result.as_ref().map_err(Refusal::reason) {
            Ok(()) => Self::Answered,
            Err(Reason::RateLimited) => Self::Limited,
            Err(Reason::Overloaded) => Self::Shed,
            Err(Reason::CircuitOpen) => Self::Broken,
            Err(_) => Self::Failed,
        }
    }
}

/// How many of some calls were answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Share {
    /// How many ended.
    pub ended: u32,
    /// How many of those with an answer.
    pub answered: u32,
}

impl Share {
    /// From 0 to 1; nothing if there were none.
    #[must_use]
    pub fn ratio(self) -> Option<f64> {
        (self.ended > 0).then(|| f64::from(self.answered) / f64::from(self.ended))
    }
}

/// What a second has seen. Calls count in the second in which they ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Second {
    /// Which second, from 0.
    pub number: u32,
    /// Which phase of the story.
    pub phase: usize,
    /// Calls that began.
    pub offered: u32,
    /// Calls that ended, in the order of [`End::ALL`].
    pub ends: [u32; End::ALL.len()],
    /// Of those, the calls of users.
    pub users: Share,
    /// And those of the batch job.
    pub batch: Share,
    /// How long half of the answers took at most.
    pub median: Option<Duration>,
    /// How long all but one in a hundred took at most.
    pub p99: Option<Duration>,
    /// Calls that reached the backend.
    pub reached: u32,
    /// How many calls the adaptive limit lets be in flight, at the end of the second.
    pub limit: usize,
    /// How many are.
    pub in_flight: usize,
    /// The state of the breaker at the end of the second.
    pub breaker: State,
    /// When it changed, since the start of the story, and to what.
    pub changes: Vec<(Duration, State)>,
}

impl Second {
    /// How many calls ended so.
    #[must_use]
    pub fn ended(&self, end: End) -> u32 {
        let place = End::ALL.iter().position(|other| *other == end);
        place.map_or(0, |place| self.ends[place])
    }
}

/// What the present second has seen so far.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    offered: u32,
    ends: [u32; End::ALL.len()],
    users: Share,
    batch: Share,
    took: Vec<Duration>,
    changes: Vec<(Duration, State)>,
}

/// What is read rather than counted, when a second is over.
pub(crate) struct Seen {
    pub(crate) number: u32,
    pub(crate) phase: usize,
    pub(crate) reached: u32,
    pub(crate) limit: usize,
    pub(crate) in_flight: usize,
    pub(crate) breaker: State,
}

impl Tally {
    pub(crate) const fn begin(&mut self) {
        self.offered += 1;
    }

    pub(crate) fn end(&mut self, caller: Caller, end: End, took: Duration) {
        for (other, count) in End::ALL.into_iter().zip(&mut self.ends) {
            *count += u32::from(other == end);
        }
        let share = match caller {
            Caller::User => &mut self.users,
            Caller::Batch => &mut self.batch,
        };
        share.ended += 1;
        if end == End::Answered {
            share.answered += 1;
            self.took.push(took);
        }
    }

    pub(crate) fn change(&mut self, at: Duration, to: State) {
        self.changes.push((at, to));
    }

    /// The second is over, and the next one begins with nothing.
    pub(crate) fn close(&mut self, seen: &Seen) -> Second {
        let Self { offered, ends, users, batch, mut took, changes } = std::mem::take(self);
        took.sort_unstable();
        let Seen { number, phase, reached, limit, in_flight, breaker } = *seen;
        Second {
            number,
            phase,
            offered,
            ends,
            users,
            batch,
            median: quantile(&took, 50),
            p99: quantile(&took, 99),
            reached,
            limit,
            in_flight,
            breaker,
            changes,
        }
    }
}

/// The least value that so many percent do not exceed.
fn quantile(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_a_value_that_was_seen() {
        let hundred: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        for (values, percent, expected) in [
            (&hundred[..0], 50, None),
            (&hundred[..1], 50, Some(1)),
            (&hundred[..1], 99, Some(1)),
            (&hundred[..3], 50, Some(2)),
            (&hundred[..], 50, Some(50)),
            (&hundred[..], 99, Some(99)),
        ] {
            let expected = expected.map(Duration::from_millis);
            assert_eq!(quantile(values, percent), expected, "{percent} % of {}", values.len());
        }
    }

    #[test]
    fn a_second_begins_with_nothing() {
        let seen = Seen {
            number: 0,
            phase: 0,
            reached: 0,
            limit: 20,
            in_flight: 0,
            breaker: State::Closed,
        };
        let mut tally = Tally::default();
        tally.begin();
        tally.end(Caller::User, End::Answered, Duration::from_millis(5));
        tally.end(Caller::Batch, End::Shed, Duration::ZERO);
        let first = tally.close(&seen);
        assert_eq!((first.offered, first.ended(End::Answered), first.ended(End::Shed)), (1, 1, 1));
        assert_eq!(first.users, Share { ended: 1, answered: 1 });
        assert_eq!(first.median, Some(Duration::from_millis(5)), "a refusal takes no part");
        let second = tally.close(&seen);
        assert_eq!((second.offered, second.ends, second.median), (0, [0; 5], None));
    }
}
