//! The limiter that delays: evenly, in order, never beyond a deadline, and nothing is lost with
//! those who give up.

use std::{future::poll_fn, pin::pin, sync::Arc, task::Poll, time::Duration};

use oxkit_core::{Context, Endpoint, Layer, Reason};
use oxkit_ratelimit::{DelayingLimiter, DelayingLimiterEndpoint, RateLimiter};
use tokio::{
    task::{JoinHandle, yield_now},
    time::{Instant, advance},
};

use testing_contract::{Answer, Ask, Probe, advice, reason, within};

use crate::calls::{MILLI, SECOND, per_second};

type Delayed = Arc<DelayingLimiterEndpoint<RateLimiter, Probe>>;

fn delayed(limiter: &RateLimiter) -> (Probe, Delayed) {
    let probe = Probe::new();
    (probe.clone(), Arc::new(DelayingLimiter::new(limiter.clone()).layer(probe)))
}

/// A call that tells when it was answered.
fn spawn(endpoint: &Delayed, cx: Context, n: u32) -> JoinHandle<(Answer, Instant)> {
    let endpoint = endpoint.clone();
    tokio::spawn(async move {
        let answer = endpoint.call(cx, Ask::Answer(n)).await;
        (answer, Instant::now())
    })
}

/// Until so many calls wait in line.
async fn in_line(limiter: &RateLimiter, calls: usize) {
    while limiter.waiting() != calls {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn calls_are_served_in_the_order_they_came_one_each_interval() {
    let limiter = RateLimiter::new(per_second(10, 2));
    let (_probe, endpoint) = delayed(&limiter);
    let start = Instant::now();
    let mut calls = Vec::new();
    for n in 0..20 {
        calls.push(spawn(&endpoint, Context::new(), n));
        yield_now().await;
    }
    for (n, call) in (0..).zip(calls) {
        let (answer, at) = call.await.unwrap();
        assert_eq!(answer.unwrap(), n);
        // The burst first, then one every 100 ms.
        assert_eq!(at - start, 100 * MILLI * n.saturating_sub(1));
    }
    assert_eq!(limiter.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_timer_that_counts_in_milliseconds_costs_no_rate() {
    // Five in each tick of the timer.
    let limiter = RateLimiter::new(per_second(5000, 1));
    let (_probe, endpoint) = delayed(&limiter);
    let start = Instant::now();
    let calls: Vec<_> = (0..1001).map(|n| spawn(&endpoint, Context::new(), n)).collect();
    let mut ends = Vec::new();
    for call in calls {
        let (answer, at) = call.await.unwrap();
        answer.unwrap();
        ends.push(at - start);
    }
    assert!(ends.is_sorted());
    for (n, &end) in (0_u32..).zip(&ends) {
        let due = Duration::from_micros(200) * n;
        assert!(
            due <= end && end <= due + MILLI,
            "call {n}, due at {due:?}, was let in at {end:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whose_turn_comes_too_late_is_refused_at_once_and_takes_no_token() {
    let limiter = RateLimiter::new(per_second(1, 1));
    let (probe, endpoint) = delayed(&limiter);
    assert!(endpoint.call(Context::new(), Ask::Answer(0)).await.is_ok());

    let start = Instant::now();
    // With the deadline is too late: there would be no time left.
    for left in [MILLI, SECOND / 2, SECOND] {
        let refused = endpoint.call(within(left), Ask::Answer(1)).await;
        assert_eq!(reason(&refused), Some(Reason::RateLimited));
        assert_eq!(advice(&refused), Some(SECOND));
    }
    assert_eq!((Instant::now(), probe.calls()), (start, 1));

    let served = endpoint.call(within(SECOND + MILLI), Ask::Answer(2)).await;
    assert_eq!(served.unwrap(), 2);
    assert_eq!(start.elapsed(), SECOND, "the refused ones took nothing");
}

#[tokio::test(start_paused = true)]
async fn those_in_line_before_count() {
    let limiter = RateLimiter::new(per_second(1, 1));
    let (_probe, endpoint) = delayed(&limiter);
    let mut calls = Vec::new();
    for n in 0..4 {
        calls.push(spawn(&endpoint, Context::new(), n));
        in_line(&limiter, n as usize).await;
    }
    // Three wait, so the next one's turn is in four seconds.
    let refused = endpoint.call(within(4 * SECOND), Ask::Answer(9)).await;
    assert_eq!(reason(&refused), Some(Reason::RateLimited));
    assert_eq!(advice(&refused), Some(4 * SECOND));
    let start = Instant::now();
    let served = endpoint.call(within(4 * SECOND + MILLI), Ask::Answer(9)).await;
    assert_eq!((served.unwrap(), start.elapsed()), (9, 4 * SECOND));
    for call in calls {
        assert!(call.await.unwrap().0.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_leaves_the_line_and_those_behind_move_up() {
    let limiter = RateLimiter::new(per_second(1, 1));
    let (_probe, endpoint) = delayed(&limiter);
    assert!(endpoint.call(Context::new(), Ask::Answer(0)).await.is_ok());
    let start = Instant::now();
    let mut calls = Vec::new();
    for n in 1..=10 {
        calls.push(spawn(&endpoint, Context::new(), n));
        in_line(&limiter, n as usize).await;
    }
    // The first, who holds a token to come, and all but the last of those behind.
    for call in &calls[..9] {
        call.abort();
    }
    in_line(&limiter, 1).await;
    let (answer, at) = calls.pop().unwrap().await.unwrap();
    assert_eq!((answer.unwrap(), at - start), (10, SECOND));
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_the_line() {
    let limiter = RateLimiter::new(per_second(1, 1));
    let (_probe, endpoint) = delayed(&limiter);
    assert!(endpoint.call(Context::new(), Ask::Answer(0)).await.is_ok());
    let start = Instant::now();
    let first = spawn(&endpoint, Context::new(), 1);
    in_line(&limiter, 1).await;
    // The token is there, and the one it belongs to has not run yet.
    advance(SECOND).await;
    let second = endpoint.call(Context::new(), Ask::Answer(2)).await;
    assert_eq!((second.unwrap(), start.elapsed()), (2, 2 * SECOND));
    assert_eq!(first.await.unwrap().1 - start, SECOND);
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_the_line_while_it_moves_up() {
    // Five tokens come within one tick of the timer.
    let limiter = RateLimiter::new(per_second(5000, 1));
    let (probe, endpoint) = delayed(&limiter);
    assert!(endpoint.call(Context::new(), Ask::Answer(0)).await.is_ok());
    let mut calls = Vec::new();
    for n in 1..=4 {
        calls.push(spawn(&endpoint, Context::new(), n));
        in_line(&limiter, n as usize).await;
    }
    // The clock goes on and nobody has run since: polled once, `advance` does not yield yet.
    let mut newcomer = pin!(endpoint.call(Context::new(), Ask::Answer(5)));
    let mut advance = pin!(advance(2 * MILLI));
    poll_fn(|task| {
        assert!(advance.as_mut().poll(task).is_pending());
        assert!(newcomer.as_mut().poll(task).is_pending(), "a token is there, for another");
        Poll::Ready(())
    })
    .await;
    assert_eq!(probe.calls(), 1);
    assert_eq!(newcomer.await.unwrap(), 5);
    assert_eq!(probe.calls(), 6, "all who were before it were served before it");
    for call in calls {
        assert!(call.await.unwrap().0.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_past_its_deadline_is_refused_and_takes_no_token() {
    let limiter = RateLimiter::new(per_second(1, 1));
    let (probe, endpoint) = delayed(&limiter);
    let refused = endpoint.call(within(Duration::ZERO), Ask::Answer(1)).await;
    assert_eq!(reason(&refused), Some(Reason::Deadline));
    assert_eq!(probe.calls(), 0);
    assert_eq!(limiter.ready_at(Instant::now().into_std()), 1);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_the_waiting_though_others_took_the_token() {
    let limiter = RateLimiter::new(per_second(1, 1));
    let (_probe, endpoint) = delayed(&limiter);
    assert!(endpoint.call(Context::new(), Ask::Answer(0)).await.is_ok());
    let first = spawn(&endpoint, Context::new(), 1);
    in_line(&limiter, 1).await;
    let second = spawn(&endpoint, within(3 * SECOND), 2);
    in_line(&limiter, 2).await;
    // Between the first in line and the second, a call that does not wait takes the token that
    // the second would have had.
    advance(2 * SECOND).await;
    assert!(limiter.check_at(Instant::now().into_std()).is_ok());
    assert!(first.await.unwrap().0.is_ok());
    let (refused, _) = second.await.unwrap();
    assert_eq!(reason(&refused), Some(Reason::RateLimited));
    assert_eq!(limiter.waiting(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_line_is_bounded() {
    let limiter = RateLimiter::new(per_second(1, 1)).with_max_waiting(2);
    let (_probe, endpoint) = delayed(&limiter);
    let mut calls = Vec::new();
    for n in 0..3 {
        calls.push(spawn(&endpoint, Context::new(), n));
        in_line(&limiter, n as usize).await;
    }
    let refused = endpoint.call(Context::new(), Ask::Answer(9)).await;
    assert_eq!(reason(&refused), Some(Reason::RateLimited));
    assert_eq!(advice(&refused), Some(3 * SECOND));

    // Who leaves makes room.
    calls.pop().unwrap().abort();
    in_line(&limiter, 1).await;
    calls.push(spawn(&endpoint, Context::new(), 3));
    for call in calls {
        assert!(call.await.unwrap().0.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_limiter_that_nobody_waits_for_needs_no_timer() {
    let limiter = RateLimiter::new(per_second(1, 5)).with_max_waiting(0);
    let (_probe, endpoint) = delayed(&limiter);
    for n in 0..5 {
        assert_eq!(endpoint.call(Context::new(), Ask::Answer(n)).await.unwrap(), n);
    }
    let refused = endpoint.call(Context::new(), Ask::Answer(5)).await;
    assert_eq!(advice(&refused), Some(SECOND));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_place_and_no_token_is_lost_when_calls_are_dropped_at_any_moment() {
    // A token an hour: whoever waits here waits until dropped.
    let one = std::num::NonZeroU32::MIN;
    let limiter = RateLimiter::new(oxkit_ratelimit::Quota::per_hour(one));
    let (_probe, endpoint) = delayed(&limiter);
    assert!(endpoint.call(Context::new(), Ask::Answer(0)).await.is_ok());
    let taken = Instant::now().into_std();
    for round in 0..200_u32 {
        let calls: Vec<_> = (0..30).map(|n| spawn(&endpoint, Context::new(), n)).collect();
        for _ in 0..round % 7 {
            yield_now().await;
        }
        for call in &calls {
            call.abort();
        }
        for call in calls {
            assert!(call.await.unwrap_err().is_cancelled());
        }
        assert_eq!(limiter.waiting(), 0);
    }
    let hour = Duration::from_secs(3600);
    assert_eq!(limiter.ready_at(taken + hour), 1, "every token to come was put back");
}
