//! What no schedule of taking, waiting and giving back can bring about.

use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;
use crate::{Quota, gcra::Gcra};

const SECOND: u64 = 1_000_000_000;

/// What a caller does at its instant.
#[derive(Debug, Clone, Copy)]
enum Event {
    Take,
    /// Waits for so many intervals at most.
    Reserve(u64),
    /// Which of those that wait gives up.
    GiveUp(usize),
}

/// Steps in time, in milliseconds, and what is done then.
fn schedule() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let event = prop_oneof![
        2 => Just(Event::Take),
        3 => (0_u64..5).prop_map(Event::Reserve),
        2 => any::<usize>().prop_map(Event::GiveUp),
    ];
    prop::collection::vec((0_u64..1_500, event), 1..200)
}

proptest! {
    #[test]
    fn whoever_gives_up_no_schedule_gets_more_than_the_burst_and_the_rate_times_the_span(
        burst in 1_u32..10,
        schedule in schedule(),
    ) {
        let quota = Quota::per_second(NonZeroU32::MIN);
        let gcra = Gcra::new(quota.burst(NonZeroU32::new(burst).expect("not zero")));
        let word = Word::new();
        let (mut now, mut admitted, mut waiting) = (0, Vec::new(), Vec::new());
        for (millis, event) in schedule {
            now += millis * (SECOND / 1000);
            // Who has waited until its instant is let through.
            let due = |taken: &Taken| taken.at <= now;
            admitted.extend(waiting.iter().filter(|taken| due(taken)).map(|taken: &Taken| taken.at));
            waiting.retain(|taken| !due(taken));
            match event {
                Event::Take => {
                    if let Ok(taken) = word.take(|word| gcra.take(word, now)) {
                        admitted.push(taken.at);
                    }
                }
                Event::Reserve(intervals) => {
                    let latest = now + intervals * SECOND;
                    if let Ok(taken) = word.take(|word| gcra.reserve(word, now, latest)) {
                        waiting.push(taken);
                    }
                }
                Event::GiveUp(which) if !waiting.is_empty() => {
                    let taken = waiting.swap_remove(which % waiting.len());
                    let last = taken.after == word.load();
                    prop_assert_eq!(word.give_back(taken), last, "the last one, and no other");
                }
                Event::GiveUp(_) => {}
            }
        }
        admitted.extend(waiting.iter().map(|taken| taken.at));
        admitted.sort_unstable();
        for (i, &from) in admitted.iter().enumerate() {
            for (calls, &to) in (1_u64..).zip(&admitted[i..]) {
                let allowed = u64::from(burst) + (to - from) / SECOND;
                prop_assert!(calls <= allowed, "{calls} of {allowed} from {from} to {to}");
            }
        }
    }
}
