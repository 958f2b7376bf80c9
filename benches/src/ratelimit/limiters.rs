//! The limiters, ours and governor's, each with more tokens than a run takes.

use std::{hint::black_box, num::NonZeroU32, time::Instant};

use governor::{
    Quota as Theirs, RateLimiter as Governor,
    clock::{Clock, FakeRelativeClock, MonotonicClock},
    middleware::NoOpMiddleware,
};
use oxkit_ratelimit::{Allow, KeyedLimiter, Quota, RateLimiter};

use super::{
    ARRIVAL, CLOCK, COUNTER, GIVEN, GOVERNOR, GOVERNOR_CLOCK, GOVERNOR_GIVEN, GOVERNOR_KEYED,
    GOVERNOR_REFUSED, GOVERNOR_SYSTEM, KEYED, KEYED_COUNTER, NOTHING, OUR_CLOCK, REFUSED,
};
use crate::harness::compare::{Work, often};

/// A token a nanosecond: no run is as fast.
const FAST: NonZeroU32 = NonZeroU32::new(1_000_000_000).expect("not zero");
const MOST: NonZeroU32 = NonZeroU32::MAX;
/// A token a millisecond for each key: so long a key that was asked for is one that is known.
const OF_A_KEY: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");
/// How many keys are asked for in turn.
const KEYS: u32 = 1000;

/// Says yes; a benchmark of something else would be worth nothing.
fn yes<E>(verdict: Result<(), E>) {
    assert!(verdict.ok().is_some(), "the limit is never reached");
}

fn no<E>(verdict: Result<(), E>) -> E {
    verdict.expect_err("the limit is reached")
}

pub(super) fn all() -> Vec<(&'static str, Work)> {
    let mut all = clocks();
    all.extend(ours());
    all.extend(governor());
    all
}

fn clocks() -> Vec<(&'static str, Work)> {
    let clock = governor::clock::DefaultClock::default();
    vec![
        (NOTHING, often(|call| call)),
        (OUR_CLOCK, often(|_| tokio::time::Instant::now())),
        (GOVERNOR_CLOCK, often(move |_| clock.now())),
    ]
}

fn ours() -> Vec<(&'static str, Work)> {
    let limiter = || RateLimiter::new(Quota::per_second(FAST).burst(MOST));

    let given = limiter();
    let by_clock = limiter();
    let by_counter = limiter().with_processor_clock();
    let by_arrival = limiter();
    // After they were made, as calls come.
    let start = Instant::now();
    let used_up = RateLimiter::new(Quota::per_hour(NonZeroU32::MIN));
    yes(used_up.check_at(start));
    let keyed = KeyedLimiter::new(Quota::per_second(OF_A_KEY).burst(MOST));
    let keyed_counter = KeyedLimiter::new(keyed.quota()).with_processor_clock();
    vec![
        (GIVEN, often(move |_| yes(given.check_at(black_box(start))))),
        (CLOCK, often(move |_| yes(by_clock.allow()))),
        (COUNTER, often(move |_| yes(by_counter.allow()))),
        (ARRIVAL, often(move |_| yes(by_arrival.allow_arrived(black_box(start))))),
        (REFUSED, often(move |_| no(used_up.check_at(black_box(start))))),
        (KEYED, often(move |call| yes(keyed.check(&(call % KEYS))))),
        (KEYED_COUNTER, often(move |call| yes(keyed_counter.check(&(call % KEYS))))),
    ]
}

fn governor() -> Vec<(&'static str, Work)> {
    let quota = Theirs::per_second(FAST).allow_burst(MOST);
    let by_clock = Governor::direct(quota);
    let system =
        Governor::<_, _, _, NoOpMiddleware<Instant>>::direct_with_clock(quota, MonotonicClock);
    let given = Governor::direct_with_clock(quota, FakeRelativeClock::default());
    let hourly = Theirs::per_hour(NonZeroU32::MIN);
    let used_up = Governor::direct_with_clock(hourly, FakeRelativeClock::default());
    yes(used_up.check());
    let keyed = Governor::keyed(Theirs::per_second(OF_A_KEY).allow_burst(MOST));
    vec![
        (GOVERNOR, often(move |_| yes(by_clock.check()))),
        (GOVERNOR_SYSTEM, often(move |_| yes(system.check()))),
        (GOVERNOR_GIVEN, often(move |_| yes(given.check()))),
        (GOVERNOR_REFUSED, often(move |_| no(used_up.check()))),
        (GOVERNOR_KEYED, often(move |call| yes(keyed.check_key(&(call % KEYS))))),
    ]
}
