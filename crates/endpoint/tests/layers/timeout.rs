//! Timeout: the earlier limit counts, the inner endpoint is told, timers are made only when needed.

use std::time::Duration;

use oxkit_core::{Context, Endpoint, Layer, Reason};
use oxkit_endpoint::Timeout;
use tokio::time::Instant;

use testing_contract::{Ask, DomainError, Probe, within};

const SECOND: Duration = Duration::from_secs(1);
const LATE: Result<u32, DomainError> = Err(DomainError::refused(Reason::Deadline));

#[tokio::test(start_paused = true)]
async fn the_earlier_of_limit_and_deadline_counts_and_is_told() {
    async fn check(timeout: Timeout, cx: Context, seconds: u32) {
        let probe = Probe::new();
        let begun = Instant::now();
        let result = timeout.layer(probe.clone()).call(cx, Ask::Wait(0)).await;
        assert_eq!(result, LATE);
        assert_eq!(begun.elapsed(), seconds * SECOND);
        let told = probe.last_context().expect("it was called").0;
        assert_eq!(told, Some((begun + seconds * SECOND).into_std()));
        assert_eq!(probe.in_flight(), 0, "the inner future is dropped");
    }

    check(Timeout::new(2 * SECOND), Context::new(), 2).await;
    check(Timeout::new(2 * SECOND), within(3 * SECOND), 2).await;
    check(Timeout::new(3 * SECOND), within(2 * SECOND), 2).await;
    check(Timeout::new(Duration::MAX), within(2 * SECOND), 2).await;
    check(Timeout::deadline_only(), within(2 * SECOND), 2).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_done_in_time_is_answered() {
    let endpoint = Timeout::new(2 * SECOND).layer(Probe::new());
    let answer = endpoint.call(Context::new(), Ask::Sleep(SECOND)).await;
    assert_eq!(answer, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_at_the_very_deadline_wins() {
    let endpoint = Timeout::new(SECOND).layer(Probe::new());
    let answer = endpoint.call(Context::new(), Ask::Sleep(SECOND)).await;
    assert_eq!(answer, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_the_endpoint_is_not_called() {
    let probe = Probe::new();
    for timeout in [Timeout::new(SECOND), Timeout::deadline_only()] {
        let endpoint = timeout.layer(probe.clone());
        let cx = within(SECOND);
        tokio::time::advance(SECOND).await;
        assert_eq!(endpoint.call(cx, Ask::Answer(1)).await, LATE);
    }
    let none = Timeout::new(Duration::ZERO).layer(probe.clone());
    assert_eq!(none.call(Context::new(), Ask::Answer(1)).await, LATE);
    assert_eq!(probe.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_waited_since_it_arrived_is_part_of_its_time_when_asked() {
    let probe = Probe::new();
    let timeout = Timeout::new(3 * SECOND).counted_from_arrival();
    let endpoint = timeout.layer(probe.clone());

    let arrival = Instant::now();
    let cx = Context::received(arrival.into_std(), None);
    tokio::time::advance(SECOND).await;
    assert_eq!(endpoint.call(cx.clone(), Ask::Wait(0)).await, LATE);
    assert_eq!(arrival.elapsed(), 3 * SECOND);
    assert_eq!(
        probe.last_context().map(|told| told.0),
        Some(Some((arrival + 3 * SECOND).into_std()))
    );

    // Its time is up: what is there is answered, what waits is cut at once.
    assert_eq!(endpoint.call(cx.clone(), Ask::Answer(1)).await, Ok(1));
    assert_eq!(endpoint.call(cx, Ask::Wait(0)).await, LATE);
    assert_eq!(arrival.elapsed(), 3 * SECOND);

    // Of a call that did not arrive the time begins now.
    assert_eq!(endpoint.call(Context::new(), Ask::Wait(0)).await, LATE);
    assert_eq!(arrival.elapsed(), 6 * SECOND);

    let none = Timeout::new(Duration::ZERO).counted_from_arrival().layer(probe.clone());
    let calls = probe.calls();
    let cx = Context::received(arrival.into_std(), None);
    assert_eq!(none.call(cx, Ask::Answer(1)).await, LATE);
    assert_eq!(probe.calls(), calls);
}

#[tokio::test(start_paused = true)]
async fn without_any_limit_a_call_may_take_for_ever() {
    for timeout in [Timeout::deadline_only(), Timeout::new(Duration::MAX)] {
        let probe = Probe::new();
        let endpoint = timeout.layer(probe.clone());
        let year = Duration::from_secs(365 * 86_400);
        let answer = endpoint.call(Context::new(), Ask::Sleep(year)).await;
        assert_eq!(answer, Ok(0));
    }
}

#[test]
fn a_call_that_does_not_wait_needs_no_timer_and_no_runtime() {
    let endpoint = Timeout::new(SECOND).layer(Probe::new());
    let call = std::pin::pin!(endpoint.call(Context::new(), Ask::Answer(1)));
    let mut task = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(matches!(call.poll(&mut task), std::task::Poll::Ready(Ok(1))));
}

#[tokio::test(start_paused = true)]
async fn of_nested_timeouts_the_earliest_counts() {
    let begun = Instant::now();
    let endpoint = (Timeout::new(3 * SECOND), Timeout::new(SECOND), Timeout::new(2 * SECOND))
        .layer(Probe::new());
    assert_eq!(endpoint.call(Context::new(), Ask::Wait(0)).await, LATE);
    assert_eq!(begun.elapsed(), SECOND);
}
