//! What every layer must keep: answers and errors pass unchanged, calls do not wait for each other,
//! the context reaches the inner endpoint, dropping cancels, a panic leaves nothing behind.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Refusal};
use oxkit_ratelimit::{
    AdaptiveLimit, Aimd, CriticalityShed, DelayingLimiter, ErroringLimiter, Gradient, KeyedLimiter,
    PerKey, Quota, RateLimiter, allow_fn, wait_fn,
};

use crate::probe::{Ask, Probe, within};

const AT_ONCE: u32 = 100;
const HOUR: Duration = Duration::from_secs(3600);
const FIRST: NonZeroUsize = NonZeroUsize::new(AT_ONCE as usize).expect("not zero");

/// Checks a layer that lets at least [`AT_ONCE`] calls through at once, and all that follow.
async fn check<L>(layer: L)
where
    L: Layer<Probe>,
    L::Service: Endpoint<Request = Ask, Response = u32, Error = Refusal> + 'static,
{
    let probe = Probe::new();
    let endpoint = Arc::new(layer.layer(probe.clone()));
    passes_what_it_is_given(&probe, &*endpoint).await;
    serves_many_at_once(&probe, &endpoint).await;
    cancels_when_dropped(&probe, &endpoint).await;
    survives_panics(&probe, &endpoint).await;
    serves_many_at_once(&probe, &endpoint).await;
}

async fn passes_what_it_is_given<E>(probe: &Probe, endpoint: &E)
where
    E: Endpoint<Request = Ask, Response = u32, Error = Refusal>,
{
    let cx = within(HOUR);
    let deadline = cx.deadline();
    assert_eq!(endpoint.call(cx, Ask::Answer(7)).await.ok(), Some(7));
    assert_eq!(probe.last_deadline(), deadline);
    let failed = endpoint.call(Context::new(), Ask::Fail(ErrorKind::NotFound)).await;
    let error = failed.expect_err("it was asked to fail");
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::NotFound, "as asked for"));
}

async fn serves_many_at_once<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = Refusal> + 'static,
{
    let calls: Vec<_> = (0..AT_ONCE)
        .map(|n| {
            let endpoint = endpoint.clone();
            tokio::spawn(async move { endpoint.call(Context::new(), Ask::Wait(n)).await })
        })
        .collect();
    while probe.in_flight() < AT_ONCE as usize {
        probe.started(1).await;
    }
    probe.open(AT_ONCE as usize);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.expect("it does not panic").ok(), Some(n));
    }
    assert_eq!(probe.in_flight(), 0);
}

async fn cancels_when_dropped<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = Refusal> + 'static,
{
    // More than fit at once: what a dropped call held is there for the next.
    for _ in 0..AT_ONCE * 2 {
        let call = {
            let endpoint = endpoint.clone();
            tokio::spawn(async move { endpoint.call(Context::new(), Ask::Wait(0)).await })
        };
        while probe.in_flight() == 0 {
            probe.started(1).await;
        }
        call.abort();
        assert!(call.await.expect_err("it waits for ever").is_cancelled());
        assert_eq!(probe.in_flight(), 0);
    }
}

async fn survives_panics<E>(probe: &Probe, endpoint: &Arc<E>)
where
    E: Endpoint<Request = Ask, Response = u32, Error = Refusal> + 'static,
{
    for _ in 0..AT_ONCE {
        for ask in [Ask::PanicInCall, Ask::PanicInPoll] {
            let endpoint = endpoint.clone();
            let call = tokio::spawn(async move { endpoint.call(Context::new(), ask).await });
            assert!(call.await.expect_err("the panic goes through").is_panic());
        }
    }
    assert_eq!(probe.in_flight(), 0);
    assert_eq!(endpoint.call(Context::new(), Ask::Answer(1)).await.ok(), Some(1));
}

/// Far more than the checks make.
fn plenty() -> Quota {
    Quota::per_hour(NonZeroU32::MAX)
}

macro_rules! contract {
    ($($name:ident: $layer:expr;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() {
            check($layer).await;
        }
    )*};
}

contract! {
    of_the_erroring_limiter: ErroringLimiter::new(RateLimiter::new(plenty()));
    of_the_erroring_limiter_at_arrival:
        ErroringLimiter::new(RateLimiter::new(plenty())).charged_at_arrival();
    of_the_erroring_limiter_by_a_function: ErroringLimiter::new(allow_fn(|| Ok(())));
    of_the_delaying_limiter: DelayingLimiter::new(RateLimiter::new(plenty()));
    of_a_delaying_limiter_that_delays:
        DelayingLimiter::new(RateLimiter::new(Quota::per_second(NonZeroU32::MIN)));
    of_the_delaying_limiter_by_a_function: DelayingLimiter::new(wait_fn(async |_| Ok(())));
    of_per_key: PerKey::new(KeyedLimiter::new(plenty()), |_: &Context, _: &Ask| 7);
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
    of_the_erroring_limiter_by_governor: ErroringLimiter::new(Arc::new(
        governor::RateLimiter::direct(governor::Quota::per_hour(NonZeroU32::MAX)),
    ));
}
