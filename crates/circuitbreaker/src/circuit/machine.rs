//! The states and what leads from one to another. Pure; driven by given instants.

use std::time::{Duration, Instant};

use crate::{State, Verdict};

/// The states of one breaker. Everything that is not on the path of a call through a closed
/// breaker is decided here, one step at a time.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    limits: Limits,
    phase: Phase,
    /// Goes up with each period, so that what belongs to an earlier one is known by it.
    generation: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) open_for: Duration,
    pub(super) probes: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Closed,
    /// Until it is time to probe; `None` is beyond the end of the clock.
    Open {
        until: Option<Instant>,
    },
    /// `taken` places of `probes` are taken, by probes in flight and by those that passed. From
    /// `until` on, which each probe puts off, those in flight are taken for lost.
    HalfOpen {
        taken: u32,
        passed: u32,
        until: Option<Instant>,
    },
    ForcedOpen,
    ForcedClosed,
}

/// What a call that does not find the breaker closed is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It is a probe.
    Probe,
    /// It passes as any call: the breaker has closed meanwhile.
    Pass,
    Refuse,
}

/// From one state to another.
pub(super) type Step = (State, State);

impl Machine {
    pub(super) const fn new(limits: Limits) -> Self {
        Self { limits, phase: Phase::Closed, generation: 0 }
    }

    pub(super) const fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) const fn state(&self) -> State {
        match self.phase {
            Phase::Closed => State::Closed,
            Phase::Open { .. } => State::Open,
            Phase::HalfOpen { .. } => State::HalfOpen,
            Phase::ForcedOpen => State::ForcedOpen,
            Phase::ForcedClosed => State::ForcedClosed,
        }
    }

    /// Whether all places of a half-open breaker are taken.
    pub(super) const fn is_full(&self) -> bool {
        matches!(self.phase, Phase::HalfOpen { taken, .. } if taken >= self.limits.probes)
    }

    /// The policy says that what it counted in `generation` is too much.
    pub(super) fn trip(&mut self, generation: u64, now: Instant) -> Option<Step> {
        if self.phase != Phase::Closed || self.generation != generation {
            return None;
        }
        self.open(now)
    }

    /// A call came and did not find the breaker closed.
    pub(super) fn admit(&mut self, now: Instant) -> (Admission, Option<Step>) {
        match self.phase {
            Phase::Closed | Phase::ForcedClosed => (Admission::Pass, None),
            Phase::ForcedOpen => (Admission::Refuse, None),
            Phase::Open { until } => {
                if is_before(now, until) {
                    return (Admission::Refuse, None);
                }
                (Admission::Probe, self.half_open(now, 0))
            }
            Phase::HalfOpen { taken, passed, until } => {
                let in_time = is_before(now, until);
                if taken > passed && !in_time {
                    // Those in flight hang. Another period without them, or nobody would ever know
                    // whether it is over; should they end after all, they are of an earlier one.
                    (Admission::Probe, self.half_open(now, passed))
                } else if taken < self.limits.probes {
                    let until = self.later(now);
                    self.phase = Phase::HalfOpen { taken: taken + 1, passed, until };
                    (Admission::Probe, None)
                } else {
                    (Admission::Refuse, None)
                }
            }
        }
    }

    /// A probe of `generation` ended.
    pub(super) fn end(
        &mut self,
        generation: u64,
        verdict: Verdict,
        now: impl FnOnce() -> Instant,
    ) -> Option<Step> {
        let Phase::HalfOpen { taken, passed, until } = self.phase else {
            return None;
        };
        if self.generation != generation {
            return None;
        }
        match verdict {
            Verdict::Failure => self.open(now()),
            Verdict::Success if passed + 1 >= self.limits.probes => self.enter(Phase::Closed),
            Verdict::Success => {
                self.phase = Phase::HalfOpen { taken, passed: passed + 1, until };
                None
            }
            // It told nothing: its place is free for another one.
            Verdict::Ignored => {
                self.phase = Phase::HalfOpen { taken: taken.saturating_sub(1), passed, until };
                None
            }
        }
    }

    /// Somebody says which state it is to be in.
    pub(super) fn force(&mut self, phase: Phase) -> Option<Step> {
        self.enter(phase)
    }

    fn open(&mut self, now: Instant) -> Option<Step> {
        let until = self.later(now);
        self.enter(Phase::Open { until })
    }

    /// Half-open, with the first probe on its way besides those that passed.
    fn half_open(&mut self, now: Instant, passed: u32) -> Option<Step> {
        let until = self.later(now);
        self.enter(Phase::HalfOpen { taken: passed + 1, passed, until })
    }

    fn enter(&mut self, phase: Phase) -> Option<Step> {
        let from = self.state();
        self.phase = phase;
        self.generation += 1;
        let to = self.state();
        (from != to).then_some((from, to))
    }

    fn later(&self, now: Instant) -> Option<Instant> {
        now.checked_add(self.limits.open_for)
    }
}

fn is_before(now: Instant, until: Option<Instant>) -> bool {
    until.is_none_or(|until| now < until)
}
