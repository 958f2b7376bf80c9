//! The engine: one quota that everybody shares.

mod line;
mod wait;

use std::{fmt, sync::Arc, time::Instant};

use oxkit_core::Refusal;

use crate::{
    Allow, Quota,
    gcra::{Gcra, NotBefore},
    time::{Origin, now, too_soon},
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
    origin: Origin,
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
        Self {
            shared: Arc::new(Shared {
                quota,
                gcra: Gcra::new(quota),
                origin: Origin::new(start),
                word: Word::new(),
                line: Line::new(),
            }),
            max_waiting: Self::DEFAULT_MAX_WAITING,
        }
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
        let shared = &*self.shared;
        let now = shared.origin.nanos(now);
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
        self.shared.gcra.ready(self.shared.word.load(), self.shared.origin.nanos(now))
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
        self.check_at(now())
    }

    #[inline]
    fn allow_arrived(&self, arrival: Instant) -> Result<(), Refusal> {
        // A second look with the true time, so that a call which is long under way is not held to
        // an instant that will never come back.
        self.check_at(arrival).or_else(|_| self.allow())
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("quota", &self.shared.quota)
            .field("max_waiting", &self.max_waiting)
            .field("waiting", &self.waiting())
            .finish()
    }
}
