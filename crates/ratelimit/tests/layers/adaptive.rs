//! The limit that moves: it learns from what was answered and what met overload, and from nothing
//! else, and a slot is never lost.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use oxkit_core::{Context, Endpoint, ErrorKind, Layer, Reason, Refusal, endpoint_fn};
use oxkit_ratelimit::{AdaptiveLimit, Aimd, Gradient, LimitLaw, Sample};

use testing_contract::{Ask, DomainError, Probe, reason};

use crate::calls::MILLI;

fn some(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).expect("not zero")
}

/// A law that keeps what it is shown.
#[derive(Default)]
struct Keeps {
    shown: Arc<std::sync::Mutex<Vec<(Duration, usize, bool)>>>,
    limit: usize,
}

impl LimitLaw for Keeps {
    fn limit(&self) -> usize {
        self.limit
    }

    fn observe(&mut self, sample: Sample) {
        let told = (sample.took, sample.in_flight, sample.overloaded);
        self.shown.lock().expect("no panic while it is held").push(told);
    }
}

#[tokio::test(start_paused = true)]
async fn the_law_is_told_of_answers_and_of_overload_and_of_nothing_else() {
    let law = Keeps { limit: 10, ..Keeps::default() };
    let shown = law.shown.clone();
    let probe = Probe::new();
    let endpoint = Arc::new(AdaptiveLimit::new(law).layer(probe.clone()));
    let call = async |ask| endpoint.call(Context::new(), ask).await;

    call(Ask::Sleep(20 * MILLI)).await.unwrap();
    for kind in ErrorKind::ALL {
        assert!(call(Ask::Fail(kind)).await.is_err());
    }
    for ask in [Ask::Wait(1), Ask::PanicInPoll, Ask::PanicInCall] {
        let endpoint = endpoint.clone();
        let waits = matches!(ask, Ask::Wait(_));
        let call = tokio::spawn(async move { endpoint.call(Context::new(), ask).await });
        if waits {
            while probe.in_flight() == 0 {
                tokio::task::yield_now().await;
            }
            call.abort();
        }
        assert!(call.await.is_err());
    }
    let overload = (Duration::ZERO, 1, true);
    // Deadline exceeded, resource exhausted, unavailable.
    assert_eq!(*shown.lock().unwrap(), [(20 * MILLI, 1, false), overload, overload, overload]);
}

#[tokio::test(start_paused = true)]
async fn beyond_the_limit_a_call_is_refused_and_every_slot_comes_back() {
    let limit = AdaptiveLimit::new(Aimd::starting_at(some(2)).with_max(some(2)));
    let probe = Probe::new();
    let (a, b) = (limit.layer(probe.clone()), limit.clone().layer(probe.clone()));
    for _ in 0..10 {
        let held = [a.call(Context::new(), Ask::Wait(1)), b.call(Context::new(), Ask::Wait(2))];
        assert_eq!((limit.in_flight(), limit.utilisation()), (2, 1.0));
        for endpoint in [&a, &b] {
            let refused = endpoint.call(Context::new(), Ask::Answer(3)).await;
            assert_eq!(reason(&refused), Some(Reason::Overloaded));
        }
        drop(held);
        assert_eq!(limit.in_flight(), 0);
    }
    for ask in [Ask::Answer(1), Ask::Fail(ErrorKind::Internal), Ask::Fail(ErrorKind::Unavailable)] {
        let _ = a.call(Context::new(), ask).await;
        assert_eq!(limit.in_flight(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn overload_further_in_lowers_the_limit_for_every_clone() {
    let limit = AdaptiveLimit::new(Aimd::starting_at(some(100)));
    let endpoint = limit.layer(Probe::new());
    let failed = endpoint.call(Context::new(), Ask::Fail(ErrorKind::Unavailable)).await;
    assert!(failed.is_err());
    assert_eq!(limit.clone().limit(), 90);
}

#[tokio::test(start_paused = true)]
async fn what_a_layer_further_in_refuses_before_the_backend_is_no_overload() {
    let after = async |reason| {
        let limit = AdaptiveLimit::new(Aimd::starting_at(some(100)));
        let plain =
            limit.layer(endpoint_fn(async |_cx, reason| Err::<(), _>(Refusal::new(reason))));
        let own = limit
            .layer(endpoint_fn(async |_cx, reason| Err::<(), _>(DomainError::refused(reason))));
        assert!(plain.call(Context::new(), reason).await.is_err());
        tokio::time::advance(MILLI).await;
        assert!(own.call(Context::new(), reason).await.is_err());
        limit.limit()
    };
    for reason in
        [Reason::CircuitOpen, Reason::RateLimited, Reason::NoInstance, Reason::ShuttingDown]
    {
        assert_eq!(after(reason).await, 100, "{reason:?}");
    }
    for reason in [Reason::Overloaded, Reason::Deadline] {
        assert_eq!(after(reason).await, 81, "{reason:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn slow_answers_lower_the_gradient_before_anything_fails() {
    let limit = AdaptiveLimit::new(Gradient::starting_at(some(100)));
    let endpoint = Arc::new(limit.layer(Probe::new()));
    let busy = async |time, rounds| {
        for _ in 0..rounds {
            let calls: Vec<_> = (0..limit.limit())
                .map(|_| {
                    let endpoint = endpoint.clone();
                    tokio::spawn(
                        async move { endpoint.call(Context::new(), Ask::Sleep(time)).await },
                    )
                })
                .collect();
            for call in calls {
                // One that came when the limit had just shrunk was refused.
                let _ = call.await.unwrap();
            }
        }
    };
    busy(10 * MILLI, 200).await;
    let fast = limit.limit();
    assert!(fast > 100, "{fast}");
    busy(100 * MILLI, 20).await;
    let slow = limit.limit();
    assert!(slow < fast / 2, "{slow} of {fast}");
}

#[tokio::test]
async fn a_law_that_says_zero_still_lets_one_through() {
    let endpoint = AdaptiveLimit::new(Keeps::default()).layer(Probe::new());
    assert_eq!(endpoint.call(Context::new(), Ask::Answer(1)).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_more_than_the_limit_are_in_flight() {
    let limit = AdaptiveLimit::new(Aimd::starting_at(some(5)).with_max(some(5)));
    let probe = Probe::new();
    let endpoint = Arc::new(limit.layer(probe.clone()));
    let calls: Vec<_> = (0..500)
        .map(|n| {
            let (endpoint, probe) = (endpoint.clone(), probe.clone());
            tokio::spawn(async move {
                let call = endpoint.call(Context::new(), Ask::Wait(n));
                assert!(probe.in_flight() <= 5);
                call.await
            })
        })
        .collect();
    probe.open(500);
    for call in calls {
        let answer = call.await.unwrap();
        assert!(matches!(reason(&answer), None | Some(Reason::Overloaded)));
    }
    assert_eq!(limit.in_flight(), 0);
}
