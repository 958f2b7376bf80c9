//! The engine: one quota that everybody shares.

#[cfg(all(test, not(loom)))]
mod clocks;
mod line;
mod wait;

use std::{fmt, sync::Arc, time::Instant};

use oxkit_core::Refusal;

use crate::{
    Allow, Quota,
    clock::Timeline,
    gcra::{Gcra, NotBefore},
    time::{now, too_soon},
    word::Word,
};
use line::Line;

/// A rate limit on one atomic word.
///
/// It is both an [`Allow`] and a [`Wait`](crate::Wait), and the two share the tokens: put it around endpoints
/// with an [`ErroringLimiter`](crate::ErroringLimiter) or a
/// [`DelayingLimiter`](crate::DelayingLimiter), or ask it yourself. Clones share the limit.
///
/// # What it promises
///
/// * In any span of time at most `burst + span / interval` calls are let through, whatever the
///   schedule and however many threads.
/// * A refusal says to the nanosecond when there will be a token, if nobody else takes it:
///   asking at that instant succeeds, asking before it does not.
///
/// The algorithm is the GCRA in its virtual scheduling form (ITU-T I.371): the state is the instant
/// at which the next call would come if calls came evenly, so a check is one load and one
/// compare-and-swap, and a refusal writes nothing. It holds no task, no timer and no lock.
///
/// # Waiting
///
/// A call that [waits](crate::Wait::wait) stands in line, first come first served; only the first in line
/// holds a token to come.
///
/// | a waiting call finds | it is |
/// |---|---|
/// | a token, and nobody in line | let through, without a timer |
/// | that its turn comes before its deadline | let through then |
/// | that its turn comes at the deadline or after it | refused at once, for [`RateLimited`](oxkit_core::Reason::RateLimited), and takes no token |
/// | as many in line as may be | refused at once, for [`RateLimited`](oxkit_core::Reason::RateLimited) |
/// | its deadline passed already, or while it waited | refused for [`Deadline`](oxkit_core::Reason::Deadline) |
///
/// When its turn comes is reckoned from those before it: who then gives up makes it earlier, and a
/// call that asks without waiting may take a token between two in line and make it later.
///
/// Timers count in milliseconds. A turn comes up to one late, never early, and those whose turns
/// fell into that millisecond are let through together, each still counted at its own instant.
///
/// # Which clock
///
/// Reading the clock is most of what a check costs.
///
/// | clock | is read by | for |
/// |---|---|---|
/// | tokio's: the system's, unless a test has paused it | a limiter of which nothing else is said | all but the few below |
/// | none | one whose calls are [charged at arrival](crate::ErroringLimiter::charged_at_arrival) | the edge of a server |
/// | the processor's counter | one made by `with_processor_clock`, with the feature `quanta` | limits that are asked millions of times a second |
/// | your own | one made by [`with_clock`](Self::with_clock) | programs that have their own time |
///
/// | setting | default |
/// |---|---|
/// | calls that may wait | [1024](Self::DEFAULT_MAX_WAITING) |
///
/// ```
/// use std::{num::NonZeroU32, time::{Duration, Instant}};
/// use oxkit_core::Failure;
/// use oxkit_ratelimit::{Quota, RateLimiter};
///
/// let two = NonZeroU32::new(2).unwrap();
/// let start = Instant::now();
/// let limiter = RateLimiter::starting_at(Quota::per_second(two), start);
///
/// assert!(limiter.check_at(start).is_ok());
/// assert!(limiter.check_at(start).is_ok());
/// let refused = limiter.check_at(start).unwrap_err();
/// assert_eq!(refused.retry_after(), Some(Duration::from_millis(500)));
/// assert!(limiter.check_at(start + Duration::from_millis(500)).is_ok());
/// ```
#[derive(Clone)]
pub struct RateLimiter {
    shared: Arc<Shared>,
    max_waiting: usize,
}

struct Shared {
    quota: Quota,
    gcra: Gcra,
    time: Timeline,
    word: Word,
    line: Line,
}

impl RateLimiter {
    /// How many calls may wait unless something else was said.
    pub const DEFAULT_MAX_WAITING: usize = 1024;

    /// A limiter with its whole burst ready. Reads tokio's clock, which works outside of a runtime
    /// too.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self::starting_at(quota, now())
    }

    /// A limiter with its whole burst ready at `start`, for callers that bring their own time.
    ///
    /// Instants before `start` count as `start`.
    #[must_use]
    pub fn starting_at(quota: Quota, start: Instant) -> Self {
        Self::on(Timeline::starting_at(start), quota)
    }

    fn on(time: Timeline, quota: Quota) -> Self {
        Self {
            shared: Arc::new(Shared {
                quota,
                gcra: Gcra::new(quota),
                time,
                word: Word::new(),
                line: Line::new(),
            }),
            max_waiting: Self::DEFAULT_MAX_WAITING,
        }
    }

    /// Starts anew by another clock: the whole burst is ready, at the instant that it says now, and
    /// nothing is shared with the clones that were made before.
    ///
    /// Instants given to [`check_at`](Self::check_at) and [`ready_at`](Self::ready_at), and those of
    /// [arrival](Allow::allow_arrived), must be of that clock too. If it goes back, nothing more is
    /// let through: tokens come back once it has caught up. A call that [waits](crate::Wait::wait)
    /// reads it once, when it comes; deadlines and timers, and so the rest of its time, are tokio's.
    ///
    /// ```
    /// use std::{cell::Cell, num::NonZeroU32, sync::LazyLock, time::{Duration, Instant}};
    /// use oxkit_ratelimit::{Allow, Quota, RateLimiter};
    ///
    /// static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    /// thread_local!(static LATER: Cell<Duration> = const { Cell::new(Duration::ZERO) });
    ///
    /// let limiter = RateLimiter::new(Quota::per_second(NonZeroU32::MIN))
    ///     .with_clock(|| *START + LATER.get());
    /// assert!(limiter.allow().is_ok());
    /// assert!(limiter.allow().is_err());
    /// LATER.set(Duration::from_secs(1));
    /// assert!(limiter.allow().is_ok());
    /// ```
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Instant) -> Self {
        self.anew(Timeline::given(clock))
    }

    /// Starts anew by the processor's counter: the whole burst is ready, and nothing is shared with
    /// the clones that were made before. With the feature `quanta`.
    ///
    /// For a limiter that is asked so often that reading the clock counts: the counter is read in
    /// half the time, because the system has no part in it. Where calls are [charged at their
    /// arrival](crate::ErroringLimiter::charged_at_arrival) there is nothing to be won, as no clock
    /// is read at all.
    ///
    /// * *Tests.* Tokio's paused clock does not move it; nothing does but time.
    /// * *Where there is none.* The crate `quanta` knows the counter of x86-64, where it is
    ///   invariant, and of `AArch64`; elsewhere it reads the system's monotonic clock.
    /// * *The first one* made in a process measures how fast the counter goes. That blocks for some
    ///   milliseconds, 200 at most: make it when the process starts.
    /// * *Drift.* That measure stays, while the system corrects its own clock: the two come apart by
    ///   parts in a hundred thousand, up to about a second a day. The rate is off by as little. It
    ///   matters more only where instants of the system's clock are mixed in, by
    ///   [`check_at`](Self::check_at) and [`ready_at`](Self::ready_at): to them the limiter is as
    ///   far ahead or behind as the two clocks came apart since it was made. A call charged at its
    ///   arrival that found no token then is judged at the later of its arrival and the counter.
    /// * *Going back.* A counter that is set back, as when a machine sleeps or a virtual one moves,
    ///   lets nothing more through: tokens come back once it has caught up.
    /// * *Waiting.* A call that [waits](crate::Wait::wait) reads it once, when it comes; deadlines
    ///   and timers, and so the rest of its time, are tokio's.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use oxkit_ratelimit::{Allow, Quota, RateLimiter};
    ///
    /// let quota = Quota::per_hour(NonZeroU32::MIN);
    /// let limiter = RateLimiter::new(quota).with_processor_clock();
    /// assert!(limiter.allow().is_ok());
    /// assert!(limiter.allow().is_err());
    /// ```
    #[cfg(feature = "quanta")]
    #[must_use]
    pub fn with_processor_clock(self) -> Self {
        self.anew(Timeline::processor())
    }

    fn anew(&self, time: Timeline) -> Self {
        Self { max_waiting: self.max_waiting, ..Self::on(time, self.shared.quota) }
    }

    /// Lets at most `calls` wait in line.
    ///
    /// The last of them waits for about `calls` intervals: at 10 per second a line of 1024 is a
    /// hundred seconds long, so calls should have deadlines or the line be shorter.
    ///
    /// The number is of this handle, the line is shared.
    #[must_use]
    pub const fn with_max_waiting(mut self, calls: usize) -> Self {
        self.max_waiting = calls;
        self
    }

    /// Takes a token that is there at `now`. Never waits.
    ///
    /// An instant earlier than one given before is fine, and never lets more through: the tokens
    /// that came back since are not counted for it.
    ///
    /// # Errors
    ///
    /// There is none: the refusal is for [`RateLimited`](oxkit_core::Reason::RateLimited), and its
    /// advice is exact.
    #[inline]
    pub fn check_at(&self, now: Instant) -> Result<(), Refusal> {
        self.take(self.shared.time.nanos(now))
    }

    #[inline]
    fn take(&self, now: u64) -> Result<(), Refusal> {
        let shared = &*self.shared;
        match shared.word.take(|word| shared.gcra.take(word, now)) {
            Ok(_) => Ok(()),
            Err(NotBefore(at)) => Err(too_soon(at - now)),
        }
    }

    /// How many tokens lie ready at `now`: what a quota header tells a client.
    ///
    /// ```
    /// use std::{num::NonZeroU32, time::Instant};
    /// use oxkit_ratelimit::{Quota, RateLimiter};
    ///
    /// let start = Instant::now();
    /// let limiter = RateLimiter::starting_at(Quota::per_minute(NonZeroU32::new(5).unwrap()), start);
    /// assert_eq!(limiter.ready_at(start), 5);
    /// limiter.check_at(start).unwrap();
    /// assert_eq!(limiter.ready_at(start), 4);
    /// ```
    #[must_use]
    pub fn ready_at(&self, now: Instant) -> u64 {
        self.shared.gcra.ready(self.shared.word.load(), self.shared.time.nanos(now))
    }

    /// How many calls wait now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.line.len()
    }

    /// The quota it was made with.
    pub fn quota(&self) -> Quota {
        self.shared.quota
    }
}

impl Allow for RateLimiter {
    #[inline]
    fn allow(&self) -> Result<(), Refusal> {
        self.take(self.shared.time.now())
    }

    #[inline]
    fn allow_arrived(&self, arrival: Instant) -> Result<(), Refusal> {
        let time = &self.shared.time;
        let arrival = time.nanos(arrival);
        // A second look with the true time, so that a call which is long under way is not held to
        // an instant that will never come back. A clock that is behind the arrival's says nothing.
        self.take(arrival).or_else(|_| self.take(time.now().max(arrival)))
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("quota", &self.shared.quota)
            .field("time", &self.shared.time)
            .field("max_waiting", &self.max_waiting)
            .field("waiting", &self.waiting())
            .finish()
    }
}
