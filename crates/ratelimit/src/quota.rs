//! How often something may happen.

use std::{fmt, num::NonZeroU32, time::Duration};

/// How often something may happen: so many times in a period, and so many at once.
///
/// Tokens come back one by one, evenly: with 10 per second one every 100 ms. The burst is how many
/// can lie ready, and so how many calls may come at once after a pause. It is as large as the rate's
/// count unless said otherwise: 10 per second may come all ten at once, and then one every 100 ms.
///
/// A quota that lets nothing through cannot be expressed: the count and the burst are not zero.
///
/// # Exactness
///
/// The [interval](Self::interval) between two tokens is kept in whole nanoseconds, rounded *up*:
/// never more is let through than asked for, and at rates below a million per second less than a
/// tenth of a percent less. More than one per nanosecond is one per nanosecond.
///
/// | method | a token every |
/// |---|---|
/// | [`per_second(n)`](Self::per_second) | 1 s / n |
/// | [`per_minute(n)`](Self::per_minute) | 60 s / n |
/// | [`per_hour(n)`](Self::per_hour) | 3600 s / n |
/// | [`per(n, period)`](Self::per) | period / n |
///
/// ```
/// use std::{num::NonZeroU32, time::Duration};
/// use oxkit_ratelimit::Quota;
///
/// const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// const ONE: NonZeroU32 = NonZeroU32::MIN;
///
/// let quota = Quota::per_second(TEN);
/// assert_eq!(quota.interval(), Duration::from_millis(100));
/// assert_eq!(quota.burst_size(), TEN);
///
/// // Never two at once.
/// let even = Quota::per_second(TEN).burst(ONE);
/// assert_eq!(even.burst_size(), ONE);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[must_use = "a quota does nothing until a limiter is made of it"]
pub struct Quota {
    /// Nanoseconds between two tokens: 1 to [`MAX_NANOS`](Self::MAX_NANOS).
    interval: u64,
    burst: NonZeroU32,
}

impl Quota {
    /// 146 years: the sum of three such spans still fits a word.
    pub(crate) const MAX_NANOS: u64 = 1 << 62;

    /// `count` in a second, and as many at once.
    pub const fn per_second(count: NonZeroU32) -> Self {
        Self::per(count, Duration::from_secs(1))
    }

    /// `count` in a minute, and as many at once.
    pub const fn per_minute(count: NonZeroU32) -> Self {
        Self::per(count, Duration::from_secs(60))
    }

    /// `count` in an hour, and as many at once.
    pub const fn per_hour(count: NonZeroU32) -> Self {
        Self::per(count, Duration::from_secs(3600))
    }

    /// `count` in a period, and as many at once.
    ///
    /// A period of zero is the shortest there is, one nanosecond for each. One beyond 146 years is
    /// that.
    ///
    /// ```
    /// use std::{num::NonZeroU32, time::Duration};
    /// use oxkit_ratelimit::Quota;
    ///
    /// let three = NonZeroU32::new(3).unwrap();
    /// let quota = Quota::per(three, Duration::from_millis(100));
    /// assert_eq!(quota.interval(), Duration::from_nanos(33_333_334), "rounded up");
    /// ```
    pub const fn per(count: NonZeroU32, period: Duration) -> Self {
        // `as` because conversions are not const yet; both widen.
        let nanos = period.as_nanos().div_ceil(count.get() as u128);
        let interval = if nanos > Self::MAX_NANOS as u128 { Self::MAX_NANOS } else { nanos as u64 };
        Self { interval: if interval == 0 { 1 } else { interval }, burst: count }
    }

    /// Lets at most so many through at once, after a pause that was long enough.
    ///
    /// A burst of one spaces the calls evenly. A large one lets a client that was quiet catch up.
    pub const fn burst(mut self, burst: NonZeroU32) -> Self {
        self.burst = burst;
        self
    }

    /// The share of one of so many that have the quota together: tokens come back that many times
    /// as slowly, and the burst is divided, rounded down, but is one at least.
    ///
    /// For the processes of a service that share a quota and no store. Where there are more of them
    /// than the burst has tokens, their bursts together are larger than it.
    ///
    /// ```
    /// use std::{num::NonZeroU32, time::Duration};
    /// use oxkit_ratelimit::Quota;
    ///
    /// const TEN: NonZeroU32 = NonZeroU32::new(10).unwrap();
    /// const FOUR: NonZeroU32 = NonZeroU32::new(4).unwrap();
    ///
    /// let share = Quota::per_second(TEN).divided_by(FOUR);
    /// assert_eq!(share.interval(), Duration::from_millis(400));
    /// assert_eq!(share.burst_size().get(), 2);
    /// ```
    pub const fn divided_by(self, shares: NonZeroU32) -> Self {
        let interval = self.interval.saturating_mul(shares.get() as u64);
        let burst = match NonZeroU32::new(self.burst.get() / shares.get()) {
            Some(burst) => burst,
            None => NonZeroU32::MIN,
        };
        Self {
            interval: if interval > Self::MAX_NANOS { Self::MAX_NANOS } else { interval },
            burst,
        }
    }

    /// The time in which one token comes back.
    #[must_use]
    pub const fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval)
    }

    /// How many may come at once.
    #[must_use]
    pub const fn burst_size(&self) -> NonZeroU32 {
        self.burst
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quota")
            .field("interval", &self.interval())
            .field("burst", &self.burst)
            .finish()
    }
}
