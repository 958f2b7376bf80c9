//! The limiter that refuses: shared by clones, exact in its advice, by the clock or by arrival.

use std::{sync::Arc, thread, time::Instant};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Reason};
use oxkit_ratelimit::{Allow, ErroringLimiter, RateLimiter};
use proptest::prelude::*;
use tokio::time::advance;

use testing_contract::{Ask, Probe, advice, reason};

use crate::calls::{MILLI, SECOND, per_second};

#[tokio::test(start_paused = true)]
async fn a_refused_call_does_not_reach_the_endpoint_and_is_told_when_to_come_back() {
    let probe = Probe::new();
    let endpoint = ErroringLimiter::new(RateLimiter::new(per_second(10, 2))).layer(probe.clone());
    let call = async || endpoint.call(Context::new(), Ask::Answer(1)).await;

    assert_eq!((call().await.unwrap(), call().await.unwrap()), (1, 1));
    let refused = call().await;
    assert_eq!(reason(&refused), Some(Reason::RateLimited));
    assert_eq!(refused.as_ref().unwrap_err().kind(), ErrorKind::ResourceExhausted);
    let after = advice(&refused).unwrap();
    assert_eq!(after, 100 * MILLI);
    assert_eq!(probe.calls(), 2);

    advance(after).await;
    assert_eq!(call().await.unwrap(), 1);
    assert_eq!(reason(&call().await), Some(Reason::RateLimited));
}

#[tokio::test(start_paused = true)]
async fn clones_and_endpoints_share_one_limit() {
    let limiter = RateLimiter::new(per_second(1, 3));
    let layer = ErroringLimiter::new(limiter.clone());
    let (a, b) = (layer.layer(Probe::new()), layer.clone().layer(Probe::new()));
    let c = ErroringLimiter::new(limiter.clone()).layer(Probe::new());
    for endpoint in [&a, &b, &c] {
        assert!(endpoint.call(Context::new(), Ask::Answer(1)).await.is_ok());
    }
    for endpoint in [&a, &b, &c] {
        let refused = endpoint.call(Context::new(), Ask::Answer(1)).await;
        assert_eq!(reason(&refused), Some(Reason::RateLimited));
    }
    assert!(limiter.allow().is_err());
}

#[tokio::test(start_paused = true)]
async fn charged_at_arrival_what_a_call_waited_before_counts_for_it() {
    let by_arrival = ErroringLimiter::new(RateLimiter::new(per_second(1, 1))).charged_at_arrival();
    let by_clock = ErroringLimiter::new(RateLimiter::new(per_second(1, 1)));
    let (by_arrival, by_clock) = (by_arrival.layer(Probe::new()), by_clock.layer(Probe::new()));
    // Two that came a second apart and were held up until now.
    let first = tokio::time::Instant::now().into_std();
    let arrived = [first, first + SECOND];
    advance(10 * SECOND).await;
    let mut let_in = (0, 0);
    for arrival in arrived {
        let cx = Context::received(arrival, None);
        let_in.0 += u32::from(by_arrival.call(cx.clone(), Ask::Answer(1)).await.is_ok());
        let_in.1 += u32::from(by_clock.call(cx, Ask::Answer(1)).await.is_ok());
    }
    assert_eq!(let_in, (2, 1));
}

#[tokio::test(start_paused = true)]
async fn charged_at_arrival_an_old_context_is_not_refused_for_ever() {
    let layer = ErroringLimiter::new(RateLimiter::new(per_second(1, 1))).charged_at_arrival();
    let endpoint = layer.layer(Probe::new());
    let cx = Context::received(tokio::time::Instant::now().into_std(), None);
    for _ in 0..5 {
        assert!(endpoint.call(cx.clone(), Ask::Answer(1)).await.is_ok());
        let refused = endpoint.call(cx.clone(), Ask::Answer(1)).await;
        advance(advice(&refused).unwrap()).await;
    }
}

#[test]
fn threads_together_get_the_burst_and_no_more() {
    let start = Instant::now();
    let limiter = Arc::new(RateLimiter::starting_at(per_second(1, 1000), start));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let limiter = limiter.clone();
            thread::spawn(move || (0..1000).filter(|_| limiter.check_at(start).is_ok()).count())
        })
        .collect();
    let admitted: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    assert_eq!(admitted, 1000);
    assert_eq!(limiter.ready_at(start), 0);
}

proptest! {
    #[test]
    fn asking_when_advised_succeeds_and_a_nanosecond_earlier_does_not(
        count in 1_u32..1_000_000,
        burst in 1_u32..5,
        steps in prop::collection::vec(0_u64..1_000_000_000, 1..50),
    ) {
        let mut now = Instant::now();
        let limiter = RateLimiter::starting_at(per_second(count, burst), now);
        for step in steps {
            if let Err(refused) = limiter.check_at(now) {
                let at = now + refused.retry_after().expect("it is known");
                let early = at - std::time::Duration::from_nanos(1);
                prop_assert!(limiter.check_at(early).is_err());
                prop_assert!(limiter.check_at(at).is_ok());
                now = at;
            }
            now += std::time::Duration::from_nanos(step / u64::from(count));
        }
    }
}
