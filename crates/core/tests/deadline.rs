//! Properties of deadlines: they survive being stored as one word, and only ever shrink.

use std::time::{Duration, Instant};

use oxkit_core::Context;
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_deadline_reads_back_to_the_nanosecond(ahead in 0_u64..u64::MAX / 4) {
        let at = Instant::now() + Duration::from_nanos(ahead);
        prop_assert_eq!(Context::new().with_deadline(at).deadline(), Some(at));
    }

    #[test]
    fn the_earliest_of_many_deadlines_counts(ahead in prop::collection::vec(0_u64..1 << 50, 1..20)) {
        let now = Instant::now();
        let mut cx = Context::new();
        for &nanos in &ahead {
            cx = cx.with_deadline(now + Duration::from_nanos(nanos));
        }
        let earliest = ahead.iter().min().copied().map(Duration::from_nanos);
        prop_assert_eq!(cx.remaining(now), earliest);
    }
}
