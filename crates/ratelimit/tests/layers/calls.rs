//! Words that these tests share.

use std::{num::NonZeroU32, time::Duration};

use oxkit_ratelimit::Quota;

pub(crate) const MILLI: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// So many a second, so many at once.
pub(crate) fn per_second(count: u32, burst: u32) -> Quota {
    let some = |n| NonZeroU32::new(n).expect("not zero");
    Quota::per_second(some(count)).burst(some(burst))
}
