//! The policy against a bucket that is counted, and against its promises.

use std::{num::NonZeroU32, time::Duration};

use proptest::prelude::*;

use super::*;

fn quota() -> impl Strategy<Value = Quota> {
    // Up to two days a token, and rates that do not divide the second.
    (1_u32..5000, 1_u64..1 << 47, 1_u32..50).prop_map(|(count, period, burst)| {
        let some = |n| NonZeroU32::new(n).expect("not zero");
        Quota::per(some(count), Duration::from_nanos(period)).burst(some(burst))
    })
}

/// What a caller does at its instant.
#[derive(Debug, Clone, Copy)]
enum Ask {
    Take,
    /// Waits for so many intervals at most.
    Reserve(u64),
}

/// Steps in time, in hundredths of an interval, and what is asked then.
fn schedule() -> impl Strategy<Value = Vec<(u64, Ask)>> {
    let ask = prop_oneof![3 => Just(Ask::Take), 1 => (0_u64..5).prop_map(Ask::Reserve)];
    let step = prop_oneof![2 => Just(0), 5 => 0_u64..300, 1 => 0_u64..10_000];
    prop::collection::vec((step, ask), 1..200)
}

/// The instants at which calls were let through, in the order of asking.
fn admitted(quota: Quota, schedule: &[(u64, Ask)]) -> Vec<u64> {
    let gcra = Gcra::new(quota);
    let (mut word, mut now) = (0, 0_u64);
    let mut admitted = Vec::new();
    for &(step, ask) in schedule {
        now += step * gcra.interval / 100;
        let token = match ask {
            Ask::Take => gcra.take(word, now),
            Ask::Reserve(intervals) => gcra.reserve(word, now, now + intervals * gcra.interval),
        };
        if let Ok(token) = token {
            word = token.word;
            admitted.push(token.at);
        }
    }
    admitted
}

proptest! {
    #[test]
    fn no_schedule_gets_more_than_the_burst_and_the_rate_times_the_span(
        quota in quota(),
        schedule in schedule(),
    ) {
        let admitted = admitted(quota, &schedule);
        let interval = quota.interval().as_nanos();
        for (i, &from) in admitted.iter().enumerate() {
            for (calls, &to) in (1_u128..).zip(&admitted[i..]) {
                let allowed = u128::from(quota.burst_size().get())
                    + u128::from(to - from) / interval;
                prop_assert!(calls <= allowed, "{calls} of {allowed} from {from} to {to}");
            }
        }
    }

    #[test]
    fn those_who_wait_are_served_in_the_order_they_asked(
        quota in quota(),
        schedule in schedule(),
    ) {
        prop_assert!(admitted(quota, &schedule).is_sorted());
    }

    #[test]
    fn it_is_a_bucket_that_fills_evenly(
        quota in quota(),
        steps in prop::collection::vec(0_u64..400, 1..200),
    ) {
        let gcra = Gcra::new(quota);
        let full = u128::from(quota.burst_size().get()) * u128::from(gcra.interval);
        // The bucket counts nanoseconds: a token is an interval of them.
        let (mut bucket, mut word, mut now) = (full, 0, 0_u64);
        for step in steps {
            let step = step * gcra.interval / 100;
            now += step;
            bucket = (bucket + u128::from(step)).min(full);
            let tokens = bucket / u128::from(gcra.interval);
            prop_assert_eq!(u128::from(gcra.ready(word, now)), tokens);
            let taken = gcra.take(word, now);
            prop_assert_eq!(taken.is_ok(), tokens > 0);
            if let Ok(token) = taken {
                word = token.word;
                bucket -= u128::from(gcra.interval);
            }
        }
    }

    #[test]
    fn the_advice_of_a_refusal_is_exact(quota in quota(), schedule in schedule()) {
        let gcra = Gcra::new(quota);
        let (mut word, mut now) = (0, 0_u64);
        for (step, _) in schedule {
            now += step * gcra.interval / 100;
            match gcra.take(word, now) {
                Ok(token) => word = token.word,
                Err(NotBefore(at)) => {
                    prop_assert!(at > now);
                    prop_assert!(gcra.take(word, at).is_ok());
                    prop_assert_eq!(gcra.take(word, at - 1), Err(NotBefore(at)));
                }
            }
        }
    }

    #[test]
    fn an_instant_of_the_past_never_gets_more(
        quota in quota(),
        schedule in schedule(),
        back in prop::collection::vec(0_u64..1000, 200),
    ) {
        // The same callers with watches that are slow by turns: what they are admitted at lies in
        // the past, so the bound holds for it all the more.
        let gcra = Gcra::new(quota);
        let (mut word, mut now, mut let_in) = (0, 0_u64, 0_u64);
        let (mut exact_word, mut exact_in) = (0, 0_u64);
        for ((step, _), back) in schedule.into_iter().zip(back) {
            now += step * gcra.interval / 100;
            let slow = now.saturating_sub(back * gcra.interval / 100);
            if let Ok(token) = gcra.take(word, slow) {
                word = token.word;
                let_in += 1;
            }
            if let Ok(token) = gcra.take(exact_word, now) {
                exact_word = token.word;
                exact_in += 1;
            }
        }
        let ever = u64::from(quota.burst_size().get()) + now / gcra.interval;
        prop_assert!(let_in <= ever && exact_in <= ever);
    }

    #[test]
    fn no_quota_and_no_instant_overflows(
        count in 1_u32..,
        period in any::<u64>(),
        burst in 1_u32..,
        instants in prop::collection::vec(0..=Quota::MAX_NANOS, 1..20),
    ) {
        let some = |n| NonZeroU32::new(n).expect("not zero");
        let quota = Quota::per(some(count), Duration::new(period, 0)).burst(some(burst));
        let gcra = Gcra::new(quota);
        let mut word = 0;
        for now in instants {
            gcra.ready(word, now);
            if let Ok(token) = gcra.reserve(word, now, Quota::MAX_NANOS) {
                word = token.word;
            }
            gcra.after(gcra.next(word, now), u64::MAX);
        }
    }
}
