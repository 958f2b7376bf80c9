//! Too large a share of slow calls.

use std::time::{Duration, Instant};

use super::{FailureRatio, Rule, tally::Share};
use crate::{
    Ratio, Verdict,
    clock::{Lazy, Origin},
};

/// Opens when too large a share of the calls in a sliding window was slow, or failed.
///
/// For an endpoint that fails by becoming slow. A call counts against it when it took `slow` or
/// longer, **however it ended**: a call that was dropped after that time counts too, which is how a
/// timeout further out ends it. A call that failed counts against it as well, however fast: an
/// endpoint that refuses at once is no better than one that does not answer. A probe that is slow
/// opens the breaker again.
///
/// What does not count by the [classification](crate::Classify) and was not slow is left out.
///
/// It reads the clock twice a call: when the call begins and when it ends.
///
/// The window, the minimum of calls and the rest are as in [`FailureRatio`].
///
/// ```
/// use std::time::{Duration, Instant};
/// use oxkit_circuitbreaker::{Breaker, Ratio, SlowCallRatio, State, Verdict};
///
/// let slow = Duration::from_millis(200);
/// let policy = SlowCallRatio::over_calls(20, Ratio::percent(80), slow).minimum_calls(2);
/// let began = Instant::now();
/// let circuit = Breaker::builder(policy).circuit(began);
/// for _ in 0..2 {
///     let permit = circuit.begin(|| began)?;
///     circuit.end(permit, Verdict::Success, || began + slow);
/// }
/// assert_eq!(circuit.state(), State::Open);
/// # Ok::<(), oxkit_circuitbreaker::Refused>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlowCallRatio {
    share: FailureRatio,
    slow: Duration,
}

impl SlowCallRatio {
    /// Opens when `ratio` or more of the last `calls` calls took `slow` or longer, or failed.
    ///
    /// See [`FailureRatio::over_calls`].
    #[must_use]
    pub const fn over_calls(calls: u32, ratio: Ratio, slow: Duration) -> Self {
        Self { share: FailureRatio::over_calls(calls, ratio), slow }
    }

    /// Opens when `ratio` or more of the calls that ended in the last `time` took `slow` or longer,
    /// or failed.
    ///
    /// See [`FailureRatio::over_time`].
    #[must_use]
    pub const fn over_time(time: Duration, ratio: Ratio, slow: Duration) -> Self {
        Self { share: FailureRatio::over_time(time, ratio), slow }
    }

    /// Decides nothing before the window holds so many calls.
    #[must_use]
    pub const fn minimum_calls(mut self, calls: u32) -> Self {
        self.share = self.share.minimum_calls(calls);
        self
    }
}

impl Rule for SlowCallRatio {
    type Began = Instant;
    type Tally = Share;

    fn tally(&self, stripes: usize, origin: Origin) -> Share {
        self.share.tally(stripes, origin)
    }

    fn begin<F: Fn() -> Instant>(&self, clock: &mut Lazy<F>) -> Instant {
        clock.now()
    }

    fn judge<F: Fn() -> Instant>(
        &self,
        began: &Instant,
        verdict: Verdict,
        clock: &mut Lazy<F>,
    ) -> Verdict {
        if clock.now().saturating_duration_since(*began) >= self.slow {
            Verdict::Failure
        } else {
            verdict
        }
    }
}
