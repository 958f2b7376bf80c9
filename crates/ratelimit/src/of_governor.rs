//! A limiter of the governor crate as one of ours.

use governor::{
    NotUntil, RateLimiter,
    clock::Clock,
    middleware::RateLimitingMiddleware,
    state::{DirectStateStore, NotKeyed},
};
use oxkit_core::{Reason, Refusal};

use crate::Allow;

/// The limiter's own clock counts, a test's fake one too.
///
/// ```
/// use std::{num::NonZeroU32, sync::Arc, time::Duration};
/// use governor::{Quota, RateLimiter, clock::FakeRelativeClock};
/// use oxkit_core::Failure;
/// use oxkit_ratelimit::{Allow, ErroringLimiter};
///
/// let clock = FakeRelativeClock::default();
/// let quota = Quota::per_second(NonZeroU32::MIN);
/// let limiter = Arc::new(RateLimiter::direct_with_clock(quota, clock.clone()));
/// let layer = ErroringLimiter::new(Arc::clone(&limiter));
///
/// assert!(limiter.allow().is_ok());
/// clock.advance(Duration::from_millis(300));
/// let refused = limiter.allow().unwrap_err();
/// assert_eq!(refused.retry_after(), Some(Duration::from_millis(700)));
/// ```
impl<S, C, MW> Allow for RateLimiter<NotKeyed, S, C, MW>
where
    S: DirectStateStore + Send + Sync,
    C: Clock + Send + Sync,
    C::Instant: Send + Sync,
    MW: RateLimitingMiddleware<C::Instant, NegativeOutcome = NotUntil<C::Instant>> + Send + Sync,
{
    fn allow(&self) -> Result<(), Refusal> {
        match self.check() {
            Ok(_) => Ok(()),
            Err(not_until) => {
                let after = not_until.wait_time_from(self.clock().now());
                Err(Refusal::new(Reason::RateLimited).with_retry_after(after))
            }
        }
    }
}
