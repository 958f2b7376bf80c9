//! Too large a share of failures.

use std::time::{Duration, Instant};

use super::{
    Rule,
    tally::{Limit, Share},
};
use crate::{
    Ratio, Verdict,
    clock::{Lazy, Origin},
    window::{CallWindow, TimeWindow, Window},
};

/// Opens when too large a share of the calls in a sliding window failed.
///
/// The window is of the last so many calls, or of the calls of the last so much time. Nothing is
/// decided before it holds a minimum of calls, so that one failure in the first two does not count
/// as half. It opens at a failure, never at a good call: when a good call brings the window up to
/// the minimum, the next failure decides.
///
/// | window | remembers | a good call costs | choose it when |
/// |---|---|---|---|
/// | [`over_calls`](Self::over_calls) | exactly the last so many calls, however old | one addition to a counter of its own thread | traffic is steady |
/// | [`over_time`](Self::over_time) | the calls of the last so much time, to a tenth of it | the same, and a clock read, under load for every sixteenth | traffic comes and goes, and old failures should be forgotten |
///
/// | setting | default |
/// |---|---|
/// | [minimum of calls](Self::minimum_calls) | [10](Self::DEFAULT_MINIMUM_CALLS) |
///
/// ```
/// use std::time::Instant;
/// use oxkit_circuitbreaker::{Breaker, FailureRatio, Ratio, State, Verdict};
///
/// let now = Instant::now();
/// let half = FailureRatio::over_calls(100, Ratio::percent(50)).minimum_calls(4);
/// let circuit = Breaker::builder(half).circuit(now);
/// for verdict in [Verdict::Success, Verdict::Success, Verdict::Failure, Verdict::Failure] {
///     assert_eq!(circuit.state(), State::Closed);
///     let permit = circuit.begin(|| now)?;
///     circuit.end(permit, verdict, || now);
/// }
/// assert_eq!(circuit.state(), State::Open);
/// # Ok::<(), oxkit_circuitbreaker::Refused>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureRatio {
    pub(super) over: Over,
    pub(super) limit: Limit,
}

/// What the window is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Calls(u32),
    Time(Duration),
}

impl FailureRatio {
    /// How many calls the window must hold unless something else was said.
    pub const DEFAULT_MINIMUM_CALLS: u32 = 10;

    /// The longest window of calls.
    pub const MAX_CALLS: u32 = CallWindow::LONGEST;

    /// Opens when `ratio` or more of the last `calls` calls failed.
    ///
    /// 0 calls are taken as 1, and more than [`MAX_CALLS`](Self::MAX_CALLS) as that. A ratio of
    /// none opens at the first failure once there is the minimum of calls.
    ///
    /// Memory: eight bytes for each failure the window holds.
    #[must_use]
    pub const fn over_calls(calls: u32, ratio: Ratio) -> Self {
        Self::over(Over::Calls(calls), ratio)
    }

    /// Opens when `ratio` or more of the calls of the last `time` failed.
    ///
    /// The window moves on in tenths: it reaches back between nine and ten tenths of `time`. Where
    /// the calls of a thread follow close upon each other, every sixteenth looks at the clock; when
    /// they pause, up to sixteen good calls a thread after the pause are taken for older than they
    /// are. Failures always look.
    ///
    /// A `time` in which the minimum of calls seldom comes together seldom opens, and one of zero next
    /// to never.
    #[must_use]
    pub const fn over_time(time: Duration, ratio: Ratio) -> Self {
        Self::over(Over::Time(time), ratio)
    }

    /// Decides nothing before the window holds so many calls.
    ///
    /// More than a window of calls can hold are as many as it can.
    #[must_use]
    pub const fn minimum_calls(mut self, calls: u32) -> Self {
        self.limit.minimum_calls = calls as u64;
        self
    }

    const fn over(over: Over, ratio: Ratio) -> Self {
        let minimum_calls = Self::DEFAULT_MINIMUM_CALLS as u64;
        Self { over, limit: Limit { ratio, minimum_calls } }
    }
}

impl Rule for FailureRatio {
    type Began = ();
    type Tally = Share;

    fn tally(&self, stripes: usize, origin: Origin) -> Share {
        let mut limit = self.limit;
        let window = match self.over {
            Over::Calls(calls) => {
                let calls = calls.clamp(1, CallWindow::LONGEST);
                limit.minimum_calls = limit.minimum_calls.min(calls.into());
                Window::Calls(CallWindow::new(calls))
            }
            Over::Time(time) => Window::Time(TimeWindow::new(time)),
        };
        Share::new(limit, window, stripes, origin)
    }

    fn begin<F: Fn() -> Instant>(&self, _: &mut Lazy<F>) {}

    fn judge<F: Fn() -> Instant>(&self, (): &(), verdict: Verdict, _: &mut Lazy<F>) -> Verdict {
        verdict
    }
}
