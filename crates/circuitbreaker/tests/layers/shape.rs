//! Sizes and auto traits: what a breaker weighs, and that it may move between threads.

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use oxkit_circuitbreaker::{
    Breaker, Builder, ByKind, Circuit, ConsecutiveFailures, FailureRatio, KeyedBreaker, Permit,
    Ratio, Refused, SlowCallRatio, Throttle, ThrottleBuilder,
};
use oxkit_core::{Context, Endpoint, Hooked, Layer, Refusal, endpoint_fn};
use static_assertions::assert_impl_all;

use testing_contract::{Ask, Probe};

type Key = fn(&Context, &Ask) -> u32;

assert_impl_all!(Breaker<ConsecutiveFailures>: Send, Sync, Clone, Debug);
assert_impl_all!(Breaker<FailureRatio>: Send, Sync, Clone, Debug);
assert_impl_all!(Breaker<SlowCallRatio>: Send, Sync, Clone, Debug);
assert_impl_all!(KeyedBreaker<u32, FailureRatio, Key>: Send, Sync, Clone, Debug);
assert_impl_all!(Throttle: Send, Sync, Clone, Debug, Default);
assert_impl_all!(Circuit<FailureRatio>: Send, Sync, Debug);
assert_impl_all!(Permit<SlowCallRatio>: Send, Sync, Debug);
assert_impl_all!(Builder<FailureRatio>: Send, Sync, Clone, Debug);
assert_impl_all!(ThrottleBuilder: Send, Sync, Copy, Debug);
assert_impl_all!(Refused: std::error::Error, Copy, Into<Refusal>);
assert_impl_all!(Hooked<Breaker<FailureRatio>, Probe>: Endpoint, Clone, Debug);
assert_impl_all!(Hooked<KeyedBreaker<u32, FailureRatio, Key>, Probe>: Endpoint, Clone, Debug);
assert_impl_all!(Hooked<Throttle, Probe>: Endpoint, Clone, Debug);

#[test]
fn the_future_of_a_call_is_send_and_a_breaker_adds_a_few_words_to_it() {
    fn size<E: Endpoint<Request = u32>>(endpoint: &E) -> usize {
        fn is_send<T: Send>(_: &T) {}
        let call = endpoint.call(Context::new(), 1);
        is_send(&call);
        size_of_val(&call)
    }
    let leaf = || {
        endpoint_fn(async |_cx, n: u32| {
            tokio::task::yield_now().await;
            Ok::<_, Refusal>(n)
        })
    };
    let bare = size(&leaf());
    let word = size_of::<usize>();
    let counted = size(&Breaker::new(ConsecutiveFailures::default()).layer(leaf()));
    assert!(counted <= bare + 4 * word, "{counted}, bare {bare}");
    let slow = SlowCallRatio::over_calls(10, Ratio::ALL, Duration::from_secs(1));
    let timed = size(&Breaker::new(slow).layer(leaf()));
    assert!(timed <= counted + size_of::<Instant>() + word, "{timed}, counted {counted}");
    let throttled = size(&Throttle::new().layer(leaf()));
    assert!(throttled <= bare + 3 * word, "{throttled}, bare {bare}");
}

#[test]
fn debug_tells_the_state_and_the_settings() {
    let breaker = Breaker::builder(ConsecutiveFailures::new(3)).name("payments").build();
    let text = format!("{breaker:?}");
    for part in ["payments", "ConsecutiveFailures", "Closed"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let text = format!("{:?}", ByKind::new());
    assert!(text.contains("Unavailable") && !text.contains("NotFound"), "{text}");
}
