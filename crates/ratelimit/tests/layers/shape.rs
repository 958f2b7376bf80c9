//! Sizes and auto traits: what a chain weighs, and that it may move between threads.

use std::{fmt::Debug, num::NonZeroU32, sync::Arc};

use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
use oxkit_ratelimit::{
    AdaptiveLimit, Aimd, Allow, CriticalityShed, DelayingLimiter, DelayingLimiterEndpoint,
    ErroringLimiter, Gradient, KeyedLimiter, PerKey, Quota, RateLimiter, Thresholds, Wait,
};
use static_assertions::{assert_impl_all, assert_obj_safe};

use testing_contract::Probe;

assert_obj_safe!(Allow);
assert_impl_all!(Quota: Send, Sync, Copy, Debug);
assert_impl_all!(RateLimiter: Send, Sync, Clone, Debug, Allow, Wait);
assert_impl_all!(Arc<dyn Allow>: Allow);
assert_impl_all!(KeyedLimiter: Send, Sync, Clone, Debug);
assert_impl_all!(ErroringLimiter<RateLimiter>: Send, Sync, Clone, Debug);
assert_impl_all!(DelayingLimiter<RateLimiter>: Send, Sync, Clone, Debug);
assert_impl_all!(DelayingLimiterEndpoint<RateLimiter, Probe>: Endpoint, Clone, Debug);
assert_impl_all!(PerKey<fn()>: Send, Sync, Clone, Debug);
assert_impl_all!(AdaptiveLimit<Aimd>: Send, Sync, Clone, Debug);
assert_impl_all!(AdaptiveLimit<Gradient>: Send, Sync, Clone, Debug);
assert_impl_all!(CriticalityShed<fn() -> f64>: Send, Sync, Copy, Debug);
assert_impl_all!(Thresholds: Send, Sync, Copy, Debug);

async fn leaf(_: Context, n: u32) -> Result<u32, Refusal> {
    tokio::task::yield_now().await;
    Ok(n)
}

fn size<E: Endpoint<Request = u32>>(endpoint: &E) -> usize {
    size_of_val(&endpoint.call(Context::new(), 1))
}

#[test]
fn a_layer_adds_little_to_the_future() {
    fn check(name: &str, size: usize, limit: usize) {
        assert!(size <= limit, "{name}: {size} bytes, not {limit}");
    }

    let limiter = RateLimiter::new(Quota::per_second(NonZeroU32::MIN));
    let alone = size(&endpoint_fn(leaf));
    let more = |size: usize| size.saturating_sub(alone);

    let erroring = ErroringLimiter::new(limiter.clone()).layer(endpoint_fn(leaf));
    check("erroring", more(size(&erroring)), 40);
    let keyed = KeyedLimiter::new(limiter.quota());
    let keyed = PerKey::new(keyed, |_: &Context, n: &u32| *n).layer(endpoint_fn(leaf));
    check("per key", more(size(&keyed)), 40);
    let adaptive = AdaptiveLimit::new(Gradient::new()).layer(endpoint_fn(leaf));
    check("adaptive", more(size(&adaptive)), 56);
    let shed = CriticalityShed::new(|| 0.0).layer(endpoint_fn(leaf));
    check("shed", more(size(&shed)), 40);
    // Holds a timer of tokio's, about a hundred bytes, and a place in two queues.
    let delaying = DelayingLimiter::new(limiter).layer(endpoint_fn(leaf));
    check("delaying", more(size(&delaying)), 512);
}
