//! Whichever clock a limiter reads, it decides as one that is given the same instants.

use std::{cell::Cell, num::NonZeroU32, sync::LazyLock, time::Duration};

use oxkit_core::Failure;
use proptest::prelude::*;

use super::*;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);
thread_local!(static LATER: Cell<Duration> = const { Cell::new(Duration::ZERO) });

/// A clock that is moved by hand, by each thread its own.
fn by_hand() -> Instant {
    *START + LATER.get()
}

/// Moves a clock on.
type Move = Box<dyn Fn(Duration)>;

/// A limiter by each clock, and what moves that clock.
fn clocks(quota: Quota) -> Vec<(RateLimiter, Move)> {
    LATER.set(Duration::ZERO);
    let given = RateLimiter::new(quota).with_clock(by_hand);
    let go_on: Move = Box::new(|step| LATER.set(LATER.get() + step));
    #[cfg_attr(not(feature = "quanta"), expect(unused_mut, reason = "there is no other"))]
    let mut all = vec![(given, go_on)];
    #[cfg(feature = "quanta")]
    {
        let (clock, mock) = quanta::Clock::mock();
        mock.increment(123_456_789);
        let counter = RateLimiter::on(Timeline::counting(clock), quota);
        all.push((counter, Box::new(move |step| mock.increment(step))));
    }
    all
}

proptest! {
    #[test]
    fn whatever_clock_it_reads_it_decides_as_at_the_instants_of_that_clock(
        count in 1_u32..1_000_000,
        burst in 1_u32..20,
        steps in prop::collection::vec(0_u64..3_000_000_000, 1..100),
    ) {
        let some = |n| NonZeroU32::new(n).expect("not zero");
        let quota = Quota::per_second(some(count)).burst(some(burst));
        for (limiter, go_on) in clocks(quota) {
            let start = Instant::now();
            let told = RateLimiter::starting_at(quota, start);
            let (mut passed, mut admitted) = (Duration::ZERO, 0);
            for step in &steps {
                let step = Duration::from_nanos(step / u64::from(count));
                passed += step;
                go_on(step);
                let advice = |verdict: Result<(), Refusal>| {
                    verdict.map_err(|refusal| refusal.retry_after())
                };
                let verdict = advice(limiter.allow());
                prop_assert_eq!(verdict, advice(told.check_at(start + passed)));
                admitted += u128::from(verdict.is_ok());
            }
            let allowed = u128::from(burst) + passed.as_nanos() / quota.interval().as_nanos();
            prop_assert!(admitted <= allowed, "{admitted} of {allowed}");
        }
    }
}
