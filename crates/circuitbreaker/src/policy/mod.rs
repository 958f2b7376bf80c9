//! When a closed breaker opens.

mod consecutive;
mod failure_ratio;
mod slow_calls;
mod tally;

use std::{fmt, time::Instant};

use crate::{Verdict, clock::Lazy, clock::Origin};

pub use consecutive::ConsecutiveFailures;
pub use failure_ratio::FailureRatio;
pub use slow_calls::SlowCallRatio;

/// When a closed breaker opens: [`ConsecutiveFailures`], [`FailureRatio`] or [`SlowCallRatio`].
///
/// A policy is a plain value, the rule alone; each breaker made from it counts for itself. What is
/// behind the trait is not yet a promise, so it cannot be implemented elsewhere.
pub trait Policy: Rule {}

impl<R: Rule> Policy for R {}

/// The inside of a policy.
pub trait Rule: Clone + fmt::Debug + Send + Sync + 'static {
    /// What a call remembers of its beginning.
    type Began: fmt::Debug + Send;
    /// What is counted.
    type Tally: Tally;

    /// A tally that so many threads count in at once.
    fn tally(&self, stripes: usize, origin: Origin) -> Self::Tally;

    /// A call begins.
    fn begin<F: Fn() -> Instant>(&self, clock: &mut Lazy<F>) -> Self::Began;

    /// What the policy makes of a call that ended so.
    fn judge<F: Fn() -> Instant>(
        &self,
        began: &Self::Began,
        verdict: Verdict,
        clock: &mut Lazy<F>,
    ) -> Verdict;
}

/// What a closed breaker counts, from all threads at once.
///
/// A generation is one period of being closed. What belongs to another one does not count.
pub trait Tally: fmt::Debug + Send + Sync + 'static {
    /// A call ended well.
    fn good<F: Fn() -> Instant>(&self, generation: u64, clock: &mut Lazy<F>);

    /// A call ended badly; says whether the breaker is to open.
    fn bad<F: Fn() -> Instant>(&self, generation: u64, clock: &mut Lazy<F>) -> bool;

    /// A new period begins, with nothing counted.
    fn restart(&self, generation: u64);

    /// The calls that are taken into account, and those of them that ended badly.
    fn counts(&self) -> (u64, u64);
}
