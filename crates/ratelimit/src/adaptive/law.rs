//! What a concurrency limit learns from, and the laws by which it moves.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

/// A law by which a concurrency limit moves: pure, and driven by given instants.
///
/// [`Aimd`](crate::Aimd) and [`Gradient`](crate::Gradient) are two; a law of your own is a struct
/// that is shown each call that ended and says what the limit is. Admission is not its business:
/// [`AdaptiveLimit`](crate::AdaptiveLimit) does that.
pub trait LimitLaw: Send {
    /// How many calls may be in flight. Zero is taken as one: a limit that lets nothing through
    /// learns nothing any more.
    fn limit(&self) -> usize;

    /// Takes in how a call went.
    fn observe(&mut self, sample: Sample);
}

/// How a call went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// When it was let through.
    pub began: Instant,
    /// How long it took.
    pub took: Duration,
    /// How many were in flight when it was let through, itself included.
    pub in_flight: usize,
    /// It met overload: it was refused further in, or took longer than it was given.
    pub overloaded: bool,
}

impl Sample {
    /// A call that was answered, be it with a business error.
    #[must_use]
    pub const fn answered(began: Instant, took: Duration, in_flight: usize) -> Self {
        Self { began, took, in_flight, overloaded: false }
    }

    /// A call that met overload.
    #[must_use]
    pub const fn overloaded(began: Instant, took: Duration, in_flight: usize) -> Self {
        Self { began, took, in_flight, overloaded: true }
    }

    /// When it ended.
    #[must_use]
    pub(super) fn ended(&self) -> Instant {
        self.began.checked_add(self.took).unwrap_or(self.began)
    }
}

/// Between which limits a law moves, and from where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Range {
    min: f64,
    max: f64,
    pub(super) initial: f64,
}

impl Range {
    pub(super) const DEFAULT: Self = Self { min: 1.0, max: 1000.0, initial: 20.0 };

    pub(super) const fn starting_at(limit: NonZeroUsize) -> Self {
        let limit = limit.get() as f64;
        let max = if limit > Self::DEFAULT.max { limit } else { Self::DEFAULT.max };
        Self { initial: limit, max, ..Self::DEFAULT }
    }

    /// Whichever was said last wins over what was said before.
    pub(super) const fn with_min(self, min: NonZeroUsize) -> Self {
        let min = min.get() as f64;
        Self { min, max: self.max.max(min), initial: self.initial.max(min) }
    }

    pub(super) const fn with_max(self, max: NonZeroUsize) -> Self {
        let max = max.get() as f64;
        Self { max, min: self.min.min(max), initial: self.initial.min(max) }
    }

    pub(super) const fn clamp(self, limit: f64) -> f64 {
        limit.max(self.min).min(self.max)
    }
}

/// Cuts once for each round of calls: those that began before the last cut tell of the limit that
/// was cut already.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cuts {
    last: Option<Instant>,
}

impl Cuts {
    pub(super) const NONE: Self = Self { last: None };

    /// Whether the limit is to be cut for this sample.
    pub(super) fn is_due(&mut self, sample: &Sample) -> bool {
        if self.last.is_some_and(|last| sample.began < last) {
            return false;
        }
        self.last = Some(sample.ended());
        true
    }
}
