//! Limiters by a clock of one's choice: it alone counts, but for waiting, which is the timer's.

use std::{
    cell::Cell,
    num::NonZeroUsize,
    sync::LazyLock,
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, Failure, Layer, Reason};
use oxkit_ratelimit::{Allow, ErroringLimiter, KeyedLimiter, PerKey, RateLimiter, Wait};
use tokio::time::advance;

use testing_contract::{Ask, DomainError, Probe, advice, reason};

use crate::calls::{MILLI, SECOND, per_second};

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
thread_local!(static LATER: Cell<Duration> = const { Cell::new(Duration::ZERO) });

/// A clock that is moved by hand, by each test its own.
fn by_hand() -> Instant {
    *START + LATER.get()
}

/// A burst of two, and then one every 100 ms.
async fn check<E>(name: &str, endpoint: E)
where
    E: Endpoint<Request = Ask, Response = u32, Error = DomainError>,
{
    let call = async || endpoint.call(Context::new(), Ask::Answer(1)).await;
    assert!(call().await.is_ok() && call().await.is_ok(), "{name}");
    // Nobody asks tokio's.
    advance(3600 * SECOND).await;
    let refused = call().await;
    assert_eq!(reason(&refused), Some(Reason::RateLimited), "{name}");
    assert_eq!(advice(&refused), Some(100 * MILLI), "{name}");
    LATER.set(99 * MILLI);
    assert_eq!(advice(&call().await), Some(MILLI), "{name}");
    LATER.set(100 * MILLI);
    assert!(call().await.is_ok(), "{name}");
    assert_eq!(advice(&call().await), Some(100 * MILLI), "{name}");
    // Going back lets nothing more through.
    LATER.set(Duration::ZERO);
    assert_eq!(advice(&call().await), Some(200 * MILLI), "{name}");
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_all_together_and_of_each_key_hold_by_the_clock_that_was_given() {
    let quota = per_second(10, 2);
    let limiter = RateLimiter::new(quota).with_clock(by_hand);
    check("of all together", ErroringLimiter::new(limiter).layer(Probe::new())).await;
    let limiter = KeyedLimiter::new(quota).with_clock(by_hand);
    let by_key = PerKey::new(limiter, |_: &Context, _: &Ask| "key").layer(Probe::new());
    check("of each key", by_key).await;
}

#[test]
fn a_limiter_that_is_given_a_clock_starts_anew_and_keeps_what_else_was_said() {
    LATER.set(SECOND);
    let before = RateLimiter::new(per_second(1, 1)).with_max_waiting(7);
    assert!(before.allow().is_ok());
    let after = before.clone().with_clock(by_hand);
    assert!(after.allow().is_ok() && after.clone().allow().is_err());
    assert!(before.allow().is_err());
    assert_eq!(after.quota(), before.quota());
    assert!(format!("{after:?}").contains("max_waiting: 7"), "{after:?}");

    let before = KeyedLimiter::bounded(per_second(1, 1), NonZeroUsize::MIN);
    assert!(before.check("ann").is_ok());
    let after = before.clone().with_clock(by_hand);
    assert!(after.check("ann").is_ok() && after.clone().check("ann").is_err());
    assert!(after.check("bob").is_ok());
    assert_eq!((before.keys(), after.keys()), (1, 1), "there is no room for another");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_reads_that_clock_once_and_waits_by_the_timer() {
    let limiter = RateLimiter::new(per_second(1, 1)).with_clock(by_hand);
    // The two clocks have nothing in common.
    advance(3600 * SECOND).await;
    assert!(limiter.allow().is_ok());
    LATER.set(400 * MILLI);

    let start = tokio::time::Instant::now();
    let until = |left: Duration| Some((start + left).into_std());
    let refused = limiter.wait(until(600 * MILLI)).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::RateLimited);
    assert_eq!(refused.retry_after(), Some(600 * MILLI));
    assert_eq!(start.elapsed(), Duration::ZERO, "it is said at once");

    assert!(limiter.wait(until(601 * MILLI)).await.is_ok());
    assert_eq!(start.elapsed(), 600 * MILLI);
    LATER.set(SECOND);
    assert!(limiter.allow().is_err(), "the token is spent");
    LATER.set(2 * SECOND);
    assert!(limiter.wait(until(601 * MILLI)).await.is_ok(), "it is there");
}

#[test]
fn charged_at_arrival_a_clock_that_is_behind_the_arrival_says_nothing() {
    let limiter = RateLimiter::new(per_second(1, 1)).with_clock(by_hand);
    let keyed = KeyedLimiter::new(per_second(1, 1)).with_clock(by_hand);
    let arrival = by_hand() + 10 * SECOND;
    for refused in [
        limiter.allow_arrived(arrival).and_then(|()| limiter.allow_arrived(arrival)),
        keyed.check_arrived("ann", arrival).and_then(|()| keyed.check_arrived("ann", arrival)),
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(refused.retry_after(), Some(SECOND));
    }
}

#[cfg(feature = "quanta")]
mod of_the_processor {
    use std::num::NonZeroU32;

    use oxkit_ratelimit::Quota;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_paused_clock_does_not_move_it() {
        let hourly = Quota::per_hour(NonZeroU32::MIN);
        let limiter = RateLimiter::new(hourly).with_processor_clock();
        let keyed = KeyedLimiter::new(hourly).with_processor_clock();
        assert!(limiter.allow().is_ok() && keyed.check("ann").is_ok());
        advance(7200 * SECOND).await;
        assert!(limiter.allow().is_err() && keyed.check("ann").is_err());
    }

    #[test]
    fn its_limit_holds_by_the_time_that_passes() {
        const CALLS: u32 = 30;
        let limiter = RateLimiter::new(per_second(1000, 1)).with_processor_clock();
        let keyed = KeyedLimiter::new(per_second(1000, 1)).with_processor_clock();
        let check = |name: &str, ask: &dyn Fn() -> bool| {
            let start = Instant::now();
            let mut admitted = 0;
            while admitted < CALLS {
                admitted += u32::from(ask());
                assert!(start.elapsed() < 60 * SECOND, "{name}: {admitted} in a minute");
            }
            // The first one is the burst; the counter and the system's clock may differ a little.
            let passed = start.elapsed() + Duration::from_micros(300);
            assert!(passed >= (CALLS - 1) * MILLI, "{name}: {CALLS} in {passed:?}");
        };
        check("of all together", &|| limiter.allow().is_ok());
        check("of a key", &|| keyed.check("ann").is_ok());
    }
}
