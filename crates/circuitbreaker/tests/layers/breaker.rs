//! A breaker around an endpoint: what opens it, what it does then, and how it closes.

use std::{
    future::poll_fn,
    sync::{Arc, mpsc},
    task::Poll,
    time::Duration,
};

use oxkit_circuitbreaker::{
    Breaker, ByKind, ConsecutiveFailures, FailureRatio, Policy, Ratio, SlowCallRatio, State,
};
use oxkit_core::{Context, Endpoint, ErrorKind, Layer, endpoint_fn};
use tokio::time::advance;

use testing_contract::{Ask, DomainError, Probe};

use crate::calls::{DOWN, refused};

const SECOND: Duration = Duration::from_secs(1);

async fn call<E>(endpoint: &E, ask: Ask) -> Result<u32, DomainError>
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError>,
{
    endpoint.call(Context::new(), ask).await
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_does_not_call_and_says_when_it_will() {
    let probe = Probe::new();
    let breaker = Breaker::builder(ConsecutiveFailures::new(2)).open_for(10 * SECOND).build();
    let endpoint = breaker.layer(probe.clone());
    for _ in 0..2 {
        call(&endpoint, DOWN).await.unwrap_err();
    }
    assert_eq!(call(&endpoint, Ask::Answer(1)).await, refused(Some(10)));
    advance(4 * SECOND).await;
    assert_eq!(call(&endpoint, Ask::Answer(1)).await, refused(Some(6)));
    assert_eq!(probe.calls(), 2);
    advance(6 * SECOND).await;
    assert_eq!(call(&endpoint, Ask::Answer(1)).await, Ok(1));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn clones_and_endpoints_share_one_breaker_and_others_know_nothing_of_it() {
    let builder = Breaker::builder(ConsecutiveFailures::new(2)).name("same name");
    let (one, other) = (builder.clone().build(), builder.build());
    let (a, b) = (one.layer(Probe::new()), one.clone().layer(Probe::new()));
    call(&a, DOWN).await.unwrap_err();
    call(&b, DOWN).await.unwrap_err();
    assert_eq!(call(&a, Ask::Answer(1)).await, refused(Some(60)));
    assert_eq!(call(&b, Ask::Answer(1)).await, refused(Some(60)));
    assert_eq!(other.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn half_open_it_lets_no_more_than_its_probes_through_however_many_come() {
    const PROBES: u32 = 3;
    let probe = Probe::new();
    let breaker = Breaker::builder(ConsecutiveFailures::new(1)).probes(PROBES).build();
    let endpoint = Arc::new(breaker.layer(probe.clone()));
    call(&*endpoint, DOWN).await.unwrap_err();
    probe.started(1).await;
    advance(60 * SECOND).await;
    let calls: Vec<_> = (0..50)
        .map(|n| {
            let endpoint = endpoint.clone();
            tokio::spawn(async move { call(&*endpoint, Ask::Wait(n)).await })
        })
        .collect();
    probe.started(PROBES).await;
    assert_eq!(call(&*endpoint, Ask::Answer(1)).await, refused(None));
    probe.open(50);
    let mut passed = 0;
    for call in calls {
        match call.await.expect("it does not panic") {
            Ok(_) => passed += 1,
            Err(error) => assert_eq!(Err(error), refused(None)),
        }
    }
    assert_eq!((passed, breaker.state()), (PROBES, State::Closed));
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_frees_its_place_at_once() {
    let probe = Probe::new();
    let breaker = Breaker::new(ConsecutiveFailures::new(1));
    let endpoint = Arc::new(breaker.layer(probe.clone()));
    call(&*endpoint, DOWN).await.unwrap_err();
    advance(60 * SECOND).await;
    for begun in [false, true] {
        let mut first = Box::pin(endpoint.call(Context::new(), Ask::Wait(1)));
        if begun {
            let polled = poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx))).await;
            assert!(polled.is_pending());
        }
        assert_eq!(call(&*endpoint, Ask::Answer(2)).await, refused(None));
        drop(first);
        assert_eq!(breaker.state(), State::HalfOpen);
    }
    assert_eq!(call(&*endpoint, Ask::Answer(3)).await, Ok(3));
    assert_eq!(breaker.state(), State::Closed);
}

#[tokio::test(start_paused = true)]
async fn panics_count_wherever_they_are() {
    async fn check(ask: Ask) {
        let breaker = Breaker::new(ConsecutiveFailures::new(2));
        let endpoint = Arc::new(breaker.layer(Probe::new()));
        let panic = async |endpoint: &Arc<_>| {
            let (endpoint, ask) = (Arc::clone(endpoint), ask.clone());
            let call = tokio::spawn(async move { call(&*endpoint, ask).await });
            assert!(call.await.expect_err("nothing catches it").is_panic());
        };
        panic(&endpoint).await;
        panic(&endpoint).await;
        assert_eq!(breaker.state(), State::Open, "{ask:?}");
        advance(60 * SECOND).await;
        // A probe that panics does not keep its place.
        panic(&endpoint).await;
        assert_eq!(breaker.state(), State::Open, "{ask:?}");
        assert_eq!(call(&*endpoint, Ask::Answer(1)).await, refused(Some(60)));
    }
    check(Ask::PanicInCall).await;
    check(Ask::PanicInPoll).await;
}

#[tokio::test(start_paused = true)]
async fn each_policy_opens_around_an_endpoint() {
    async fn check<P: Policy>(policy: P, ask: Ask) {
        let breaker = Breaker::new(policy);
        let endpoint = breaker.layer(Probe::new());
        for n in 0..10 {
            assert_eq!(breaker.state(), State::Closed, "{breaker:?} after {n}");
            // How it ends is not the point.
            let _ = call(&endpoint, ask.clone()).await;
        }
        assert_eq!(breaker.state(), State::Open, "{breaker:?}");
    }
    let (half, second) = (Ratio::percent(50), SECOND);
    check(ConsecutiveFailures::new(10), DOWN).await;
    check(FailureRatio::over_calls(20, half), DOWN).await;
    check(FailureRatio::over_time(10 * SECOND, half), DOWN).await;
    check(SlowCallRatio::over_calls(20, half, second), Ask::Sleep(second)).await;
    check(SlowCallRatio::over_time(60 * SECOND, half, second), Ask::Sleep(second)).await;
}

#[tokio::test(start_paused = true)]
async fn slow_calls_that_a_timeout_further_out_drops_count() {
    let breaker = Breaker::new(SlowCallRatio::over_calls(10, Ratio::ALL, SECOND).minimum_calls(3));
    let endpoint = breaker.layer(Probe::new());
    for _ in 0..3 {
        let call = call(&endpoint, Ask::Sleep(60 * SECOND));
        assert!(tokio::time::timeout(2 * SECOND, call).await.is_err());
    }
    assert_eq!(breaker.state(), State::Open);
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_count_when_asked_and_not_otherwise() {
    for (kinds, expected) in
        [(ByKind::new(), State::Closed), (ByKind::new().failure(ErrorKind::Cancelled), State::Open)]
    {
        let breaker = Breaker::builder(ConsecutiveFailures::new(2)).classify(kinds).build();
        let endpoint = breaker.layer(Probe::new());
        for _ in 0..2 {
            drop(endpoint.call(Context::new(), Ask::Wait(1)));
        }
        assert_eq!(breaker.state(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn changes_are_told_in_order_with_the_name_and_the_breaker_may_be_used_there() {
    let (report, changes) = mpsc::channel();
    let breaker = Breaker::builder(ConsecutiveFailures::new(1))
        .name("payments")
        .on_change(move |change| {
            let told = (change.name.map(str::to_owned), change.from, change.to, change.number);
            report.send(told).expect("the test listens");
        })
        .build();
    let endpoint = breaker.layer(Probe::new());
    call(&endpoint, DOWN).await.unwrap_err();
    call(&endpoint, DOWN).await.unwrap_err();
    advance(60 * SECOND).await;
    call(&endpoint, Ask::Answer(1)).await.unwrap();
    breaker.force_open();
    breaker.force_open();
    breaker.reset();
    drop((endpoint, breaker));
    let mut last = 0;
    let mut states = Vec::new();
    for (name, from, to, number) in changes {
        assert_eq!(name.as_deref(), Some("payments"));
        assert!(number > last);
        last = number;
        states.push((from, to));
    }
    assert_eq!(
        states,
        [
            (State::Closed, State::Open),
            (State::Open, State::HalfOpen),
            (State::HalfOpen, State::Closed),
            (State::Closed, State::ForcedOpen),
            (State::ForcedOpen, State::Closed),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn the_function_that_is_told_may_force_the_breaker() {
    let cell = Arc::new(std::sync::OnceLock::<Breaker<ConsecutiveFailures>>::new());
    let own = cell.clone();
    let breaker = Breaker::builder(ConsecutiveFailures::new(1))
        .on_change(move |change| {
            if let (State::Open, Some(breaker)) = (change.to, own.get()) {
                breaker.force_closed();
            }
        })
        .build();
    cell.set(breaker.clone()).expect("it is set once");
    let endpoint = breaker.layer(Probe::new());
    call(&endpoint, DOWN).await.unwrap_err();
    assert_eq!(breaker.state(), State::ForcedClosed);
    assert_eq!(call(&endpoint, Ask::Answer(1)).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_breaker_made_before_the_clock_was_paused_still_probes() {
    // Its origin is the real time, and the paused clock stands at an earlier one.
    let paused = tokio::time::Instant::now();
    let breaker = std::thread::spawn(|| Breaker::new(ConsecutiveFailures::new(1)))
        .join()
        .expect("it does not panic");
    let endpoint = breaker.layer(endpoint_fn(async |_cx, ok: bool| match ok {
        true => Ok(1),
        false => Err(DomainError::Of(ErrorKind::Unavailable)),
    }));
    endpoint.call(Context::new(), false).await.unwrap_err();
    assert_eq!(endpoint.call(Context::new(), true).await, refused(Some(60)));
    advance(60 * SECOND).await;
    assert_eq!(endpoint.call(Context::new(), true).await, Ok(1));
    assert_eq!(paused.elapsed(), 60 * SECOND);
}
