//! How often each method may be called.

use std::{fmt, num::NonZeroU32, str::FromStr};

use oxkit_ratelimit::{Quota, RateLimiter};

/// How often each method may be called, over all transports together. `None` is without limit.
///
/// | | default, as Go kit's |
/// |---|---|
/// | `sum` | one a second, one at once |
/// | `concat` | one a second, a hundred at once |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "named after the methods of the service")]
pub struct Limits {
    pub sum: Option<Limit>,
    pub concat: Option<Limit>,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { sum: None, concat: None };
}

impl Default for Limits {
    fn default() -> Self {
        const HUNDRED: NonZeroU32 = NonZeroU32::new(100).expect("a hundred is not zero");
        let of = |burst| Some(Limit { per_second: NonZeroU32::MIN, burst });
        Self { sum: of(NonZeroU32::MIN), concat: of(HUNDRED) }
    }
}

/// So many calls a second, and so many at once after a pause. As a text `RATE:BURST`.
///
/// ```
/// use addsvc::Limit;
///
/// let limit: Limit = "1:100".parse()?;
/// assert_eq!((limit.per_second.get(), limit.burst.get()), (1, 100));
/// assert_eq!(limit.to_string(), "1:100");
/// assert!("0:1".parse::<Limit>().is_err());
/// # Ok::<_, &str>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limit {
    /// How many a second.
    pub per_second: NonZeroU32,
    /// How many at once.
    pub burst: NonZeroU32,
}

impl Limit {
    pub(super) fn limiter(self) -> RateLimiter {
        RateLimiter::new(Quota::per_second(self.per_second).burst(self.burst))
    }
}

impl FromStr for Limit {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected RATE:BURST, such as 1:100, neither of them 0";
        let (rate, burst) = text.split_once(':').ok_or(EXPECTED)?;
        let number = |text: &str| text.parse().map_err(|_| EXPECTED);
        Ok(Self { per_second: number(rate)?, burst: number(burst)? })
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.per_second, self.burst)
    }
}
