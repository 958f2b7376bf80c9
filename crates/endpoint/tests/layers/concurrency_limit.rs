//! The limit on calls in flight: shared by clones, first come first served, bounded, given back.

use std::{sync::Arc, time::Duration};

use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
use oxkit_endpoint::{ConcurrencyLimit, ConcurrencyLimitEndpoint, Timeout};
use tokio::{
    task::{JoinHandle, yield_now},
    time::Instant,
};

use testing_contract::{Ask, DomainError, Probe, within};

const SECOND: Duration = Duration::from_secs(1);
const BUSY: Result<u32, DomainError> = Err(DomainError::refused(Reason::Overloaded));
const LATE: Result<u32, DomainError> = Err(DomainError::refused(Reason::Deadline));

type Limited = Arc<ConcurrencyLimitEndpoint<Probe>>;

fn limited(limit: &ConcurrencyLimit) -> (Probe, Limited) {
    let probe = Probe::new();
    (probe.clone(), Arc::new(limit.layer(probe)))
}

fn spawn(endpoint: &Limited, cx: Context, ask: Ask) -> JoinHandle<Result<u32, DomainError>> {
    let endpoint = endpoint.clone();
    tokio::spawn(async move { endpoint.call(cx, ask).await })
}

/// Until so many calls wait for a slot.
async fn queued(limit: &ConcurrencyLimit, calls: usize) {
    while limit.waiting() != calls {
        yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_more_than_the_limit_are_in_flight_and_all_are_served() {
    let limit = ConcurrencyLimit::new(3);
    let (probe, endpoint) = limited(&limit);
    let calls: Vec<_> = (0..500).map(|n| spawn(&endpoint, Context::new(), Ask::Wait(n))).collect();
    probe.open(500);
    for (n, call) in (0..).zip(calls) {
        assert_eq!(call.await.unwrap(), Ok(n));
    }
    assert!(probe.most() <= 3, "{}", probe.most());
    assert_eq!((limit.in_flight(), limit.waiting()), (0, 0));
}

#[tokio::test]
async fn clones_and_endpoints_share_one_limit() {
    let limit = ConcurrencyLimit::new(2).without_waiting();
    let (probe, a) = limited(&limit);
    let b = Arc::new(limit.clone().layer(probe.clone()));
    let c = Arc::new(ConcurrencyLimitEndpoint::clone(&a));
    let held = [spawn(&a, Context::new(), Ask::Wait(1)), spawn(&b, Context::new(), Ask::Wait(2))];
    probe.started(2).await;
    for endpoint in [&a, &b, &c] {
        let refused = endpoint.call(Context::new(), Ask::Answer(3)).await;
        assert_eq!(refused, BUSY);
    }
    assert_eq!(limit.in_flight(), 2);
    probe.open(2);
    for call in held {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!(c.call(Context::new(), Ask::Answer(3)).await, Ok(3));
}

#[tokio::test]
async fn those_who_wait_are_served_in_the_order_they_came_and_not_overtaken() {
    let limit = ConcurrencyLimit::new(1);
    let (probe, endpoint) = limited(&limit);
    let mut held = spawn(&endpoint, Context::new(), Ask::Wait(0));
    probe.started(1).await;
    let mut calls = Vec::new();
    for n in 1..=5 {
        calls.push(spawn(&endpoint, Context::new(), Ask::Wait(n)));
        queued(&limit, n as usize).await;
    }
    for call in calls {
        probe.open(1);
        assert!(held.await.unwrap().is_ok());
        // The slot is the next one's already, though it has not been polled since.
        assert_eq!(limit.in_flight(), 1);
        probe.started(1).await;
        held = call;
    }
    probe.open(1);
    assert_eq!(held.await.unwrap(), Ok(5));
}

#[tokio::test(start_paused = true)]
async fn who_waits_gives_up_at_the_deadline_and_leaves_the_queue() {
    let limit = ConcurrencyLimit::new(1);
    let (probe, endpoint) = limited(&limit);
    let held = spawn(&endpoint, Context::new(), Ask::Wait(0));
    probe.started(1).await;

    let begun = Instant::now();
    let refused = endpoint.call(within(SECOND), Ask::Answer(1)).await;
    assert_eq!(refused, LATE);
    assert_eq!(begun.elapsed(), SECOND);
    assert_eq!(limit.waiting(), 0);

    let through_timeout = Timeout::new(SECOND).layer(&*endpoint);
    let refused = through_timeout.call(Context::new(), Ask::Answer(1)).await;
    assert_eq!(refused, LATE);
    assert_eq!(probe.calls(), 1, "who waited was not let in");

    probe.open(1);
    assert_eq!(held.await.unwrap(), Ok(0));
}

#[tokio::test]
async fn the_queue_is_bounded() {
    let limit = ConcurrencyLimit::new(1).with_max_waiting(2);
    let (probe, endpoint) = limited(&limit);
    let mut calls = vec![spawn(&endpoint, Context::new(), Ask::Wait(0))];
    probe.started(1).await;
    for n in 1..=2 {
        calls.push(spawn(&endpoint, Context::new(), Ask::Wait(n)));
    }
    queued(&limit, 2).await;
    let refused = endpoint.call(Context::new(), Ask::Answer(9)).await;
    assert_eq!(refused, BUSY);

    // Who leaves makes room.
    calls.pop().unwrap().abort();
    queued(&limit, 1).await;
    calls.push(spawn(&endpoint, Context::new(), Ask::Wait(3)));
    queued(&limit, 2).await;
    probe.open(3);
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
}

#[tokio::test]
async fn a_slot_is_free_as_soon_as_the_call_is_done_though_its_future_is_kept() {
    let limit = ConcurrencyLimit::new(1).without_waiting();
    let endpoint = limit.layer(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n)));
    let mut call = Box::pin(endpoint.call(Context::new(), 1));
    assert_eq!(call.as_mut().await.unwrap(), 1);
    assert_eq!(limit.in_flight(), 0);
    drop(call);
}

#[tokio::test]
async fn a_limit_of_none_refuses_at_once() {
    let (probe, endpoint) = limited(&ConcurrencyLimit::new(0));
    let refused = endpoint.call(Context::new(), Ask::Answer(1)).await;
    assert_eq!(refused, BUSY);
    assert_eq!(probe.calls(), 0);
}

#[test]
fn a_limit_beyond_what_can_be_counted_is_taken() {
    assert_eq!(ConcurrencyLimit::new(usize::MAX).in_flight(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_slot_and_no_place_is_lost_when_calls_are_dropped_at_any_moment() {
    let limit = ConcurrencyLimit::new(2).with_max_waiting(20);
    let (_probe, endpoint) = limited(&limit);
    for round in 0..200_u32 {
        let calls: Vec<_> =
            (0..30).map(|n| spawn(&endpoint, Context::new(), Ask::Wait(n))).collect();
        for _ in 0..round % 7 {
            yield_now().await;
        }
        for call in &calls {
            call.abort();
        }
        for call in calls {
            // Cancelled, or refused as one too many: nobody lets them finish.
            assert!(!matches!(call.await, Ok(Ok(_))));
        }
        assert_eq!((limit.in_flight(), limit.waiting()), (0, 0));
    }
}
