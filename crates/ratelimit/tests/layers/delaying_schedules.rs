//! What no schedule of calls, deadlines and giving up can bring about in a line of those who wait.

use std::time::Duration;

use oxkit_core::{Context, Endpoint, Layer, Reason, endpoint_fn};
use oxkit_ratelimit::{DelayingLimiter, RateLimiter};
use proptest::prelude::*;
use testing_contract::{DomainError, reason, within};
use tokio::{
    runtime::{Builder, Runtime},
    time::{Instant, sleep, timeout},
};

use crate::calls::{MILLI, per_second};

/// A call: how long after the one before it comes, what time it has, and when it gives up.
#[derive(Debug, Clone)]
struct Call {
    after: Duration,
    deadline: Option<Duration>,
    gives_up: Option<Duration>,
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    // Where there is time at all it is enough to be let through at once.
    let some = || prop::option::of((1_u64..2_000).prop_map(Duration::from_millis));
    let after = prop_oneof![2 => Just(0), 2 => 0_u64..50, 1 => 0_u64..1_000];
    let call = (after, some(), some()).prop_map(|(after, deadline, gives_up)| Call {
        after: MILLI * after as u32,
        deadline,
        gives_up,
    });
    prop::collection::vec(call, 1..60)
}

/// How a call ended.
#[derive(Debug)]
enum End {
    /// It was let through then, and had until then.
    Through(Instant, Option<Instant>),
    Refused(Option<Reason>),
    GaveUp,
}

fn paused() -> Runtime {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.expect("the system has room for one")
}

/// How each of the calls ended, in the order in which they came.
async fn ends(limiter: &RateLimiter, calls: Vec<Call>) -> Vec<End> {
    let endpoint = DelayingLimiter::new(limiter.clone())
        .layer(endpoint_fn(async |_cx, (): ()| Ok::<_, DomainError>(Instant::now())));
    let endpoint = std::sync::Arc::new(endpoint);
    let mut spawned = Vec::new();
    for Call { after, deadline, gives_up } in calls {
        sleep(after).await;
        let endpoint = endpoint.clone();
        let cx = deadline.map_or_else(Context::new, within);
        let deadline = deadline.map(|time| Instant::now() + time);
        spawned.push(tokio::spawn(async move {
            let call = endpoint.call(cx, ());
            match timeout(gives_up.unwrap_or(Duration::from_secs(3600)), call).await {
                Ok(Ok(at)) => End::Through(at, deadline),
                Ok(refused) => End::Refused(reason(&refused)),
                Err(_) => End::GaveUp,
            }
        }));
        // So that they come in this order.
        tokio::task::yield_now().await;
    }
    let mut ends = Vec::new();
    for call in spawned {
        ends.push(call.await.expect("it does not panic"));
    }
    ends
}

proptest! {
    #[test]
    fn the_line_is_fair_keeps_to_its_rate_and_outlives_no_deadline(
        rate in 1_u32..50,
        burst in 1_u32..5,
        places in 0_usize..10,
        calls in calls(),
    ) {
        let quota = per_second(rate, burst);
        let (ends, waiting) = paused().block_on(async {
            let limiter = RateLimiter::new(quota).with_max_waiting(places);
            let ends = ends(&limiter, calls).await;
            (ends, limiter.waiting())
        });
        prop_assert_eq!(waiting, 0);
        let mut through = Vec::new();
        for end in &ends {
            match end {
                End::Through(at, deadline) => {
                    prop_assert!(deadline.is_none_or(|deadline| *at < deadline), "{end:?}");
                    through.push(*at);
                }
                End::Refused(why) => {
                    prop_assert!(matches!(why, Some(Reason::RateLimited | Reason::Deadline)));
                }
                End::GaveUp => {}
            }
        }
        prop_assert!(through.is_sorted(), "who came first is let through first: {ends:?}");
        prop_assert!(!through.is_empty(), "the first call finds the whole burst");
        for (i, &from) in through.iter().enumerate() {
            for (calls, &to) in (1_u128..).zip(&through[i..]) {
                // A timer may be late by a millisecond, and the next one may not.
                let span = (to - from + MILLI).as_nanos();
                let allowed = u128::from(burst) + span / quota.interval().as_nanos();
                prop_assert!(calls <= allowed, "{calls} of {allowed} in {span} ns: {ends:?}");
            }
        }
    }
}
