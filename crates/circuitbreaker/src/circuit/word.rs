//! The state as one word, which is all a call through a closed breaker reads.

use super::machine::{Machine, Phase};
use crate::State;

/// The generation, and above all whether calls pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word(pub(super) u64);

/// What a call finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    Closed,
    ForcedClosed,
    ForcedOpen,
    Open,
    /// Half-open, with a place for a probe.
    HalfOpen,
    /// Half-open, with all places taken.
    Full,
}

const DOORS: [Door; 8] = [
    Door::Closed,
    Door::ForcedClosed,
    Door::ForcedOpen,
    Door::Open,
    Door::HalfOpen,
    Door::Full,
    // Never written; as safe as anything.
    Door::Closed,
    Door::Closed,
];

const BITS: u32 = 3;
const MASK: u64 = (1 << BITS) - 1;

impl Word {
    /// A breaker that changed at every nanosecond would take 73 years to come round.
    pub(super) const fn new(generation: u64, door: Door) -> Self {
        Self(generation << BITS | door as u64)
    }

    pub(super) fn of(machine: &Machine) -> Self {
        let door = match machine.phase() {
            Phase::Closed => Door::Closed,
            Phase::Open { .. } => Door::Open,
            Phase::HalfOpen { .. } if machine.is_full() => Door::Full,
            Phase::HalfOpen { .. } => Door::HalfOpen,
            Phase::ForcedOpen => Door::ForcedOpen,
            Phase::ForcedClosed => Door::ForcedClosed,
        };
        Self::new(machine.generation(), door)
    }

    pub(super) const fn generation(self) -> u64 {
        self.0 >> BITS
    }

    /// Whether it is the word of a closed door, without a look at what it is otherwise.
    pub(super) const fn is_closed(self) -> bool {
        self.0 & MASK == Door::Closed as u64
    }

    pub(super) const fn door(self) -> Door {
        DOORS[(self.0 & MASK) as usize]
    }

    pub(super) const fn state(self) -> State {
        match self.door() {
            Door::Closed => State::Closed,
            Door::ForcedClosed => State::ForcedClosed,
            Door::ForcedOpen => State::ForcedOpen,
            Door::Open => State::Open,
            Door::HalfOpen | Door::Full => State::HalfOpen,
        }
    }
}
