//! What every layer must keep, kept by each of these.

use std::num::{NonZeroU32, NonZeroUsize};
#[cfg(feature = "governor")]
use std::sync::Arc;

use oxkit_core::Context;
use oxkit_ratelimit::{
    AdaptiveLimit, Aimd, CriticalityShed, DelayingLimiter, ErroringLimiter, Gradient, KeyedLimiter,
    PerKey, Quota, RateLimiter, allow_fn, wait_fn,
};
#[cfg(feature = "redis")]
use oxkit_ratelimit::{RedisLimiter, RedisQuota};
use testing_contract::{AT_ONCE, Ask, Contract, contract};

const FIRST: NonZeroUsize = NonZeroUsize::new(AT_ONCE as usize).expect("not zero");

/// Far more than the checks make.
fn plenty() -> Quota {
    Quota::per_hour(NonZeroU32::MAX)
}

contract! {
    Contract::new() =>
    of_the_erroring_limiter: ErroringLimiter::new(RateLimiter::new(plenty()));
    of_the_erroring_limiter_at_arrival:
        ErroringLimiter::new(RateLimiter::new(plenty())).charged_at_arrival();
    of_the_erroring_limiter_by_a_function: ErroringLimiter::new(allow_fn(|| Ok(())));
    of_the_delaying_limiter: DelayingLimiter::new(RateLimiter::new(plenty()));
    of_a_delaying_limiter_that_delays:
        DelayingLimiter::new(RateLimiter::new(Quota::per_second(NonZeroU32::MIN)));
    of_the_delaying_limiter_by_a_function: DelayingLimiter::new(wait_fn(async |_| Ok(())));
    of_per_key: PerKey::new(KeyedLimiter::new(plenty()), |_: &Context, _: &Ask| 7);
    of_per_key_at_arrival:
        PerKey::new(KeyedLimiter::new(plenty()), |_: &Context, _: &Ask| 7).charged_at_arrival();
    of_aimd: AdaptiveLimit::new(Aimd::starting_at(FIRST).with_min(FIRST));
    of_the_gradient: AdaptiveLimit::new(Gradient::starting_at(FIRST).with_min(FIRST));
    of_shedding: CriticalityShed::new(|| 0.5);
    of_all_of_them: (
        CriticalityShed::new(|| 0.5),
        ErroringLimiter::new(RateLimiter::new(plenty())),
        PerKey::new(KeyedLimiter::new(plenty()), |_: &Context, _: &Ask| "key"),
        DelayingLimiter::new(RateLimiter::new(plenty())),
        AdaptiveLimit::new(Gradient::starting_at(FIRST).with_min(FIRST)),
    );
}

#[cfg(feature = "governor")]
contract! {
    Contract::new() =>
    of_the_erroring_limiter_by_governor: ErroringLimiter::new(Arc::new(
        governor::RateLimiter::direct(governor::Quota::per_hour(NonZeroU32::MAX)),
    ));
}

#[cfg(feature = "redis")]
contract! {
    Contract::new() =>
    // Nobody listens there.
    of_the_shared_quota_without_its_server: RedisLimiter::new(
        RedisQuota::builder("redis://127.0.0.1:1", plenty()).expect("an address").build(),
        |_: &Context, _: &Ask| "key",
    );
}
