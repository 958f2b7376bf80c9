//! The policy: how likely a call is refused. Pure.

/// How likely a call is refused.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chance {
    multiplier: f64,
    grace: u32,
}

impl Chance {
    /// One call in a hundred passes whatever was counted. In the book the share falls to one call a
    /// window, from which it takes many windows to grow again.
    const MOST: f64 = 0.99;

    /// A multiplier below one would refuse calls to an endpoint that accepts them all: it is taken
    /// as one, as is what is no number. Of an infinite one nobody knows what none accepted make.
    pub(super) const fn new(multiplier: f64, grace: u32) -> Self {
        Self { multiplier: multiplier.max(1.0).min(f64::MAX), grace }
    }

    /// From 0 to [`MOST`](Self::MOST), of the calls of a window and those of them that were not accepted.
    ///
    /// The formula of the book, `max(0, (requests - K * accepts) / (requests + 1))`, less the calls
    /// that are let through whatever becomes of them.
    pub(super) fn refuse(self, (requests, rejected): (u64, u64)) -> f64 {
        let accepts = requests.saturating_sub(rejected) as f64;
        let requests = requests as f64;
        let excess = requests - f64::from(self.grace) - self.multiplier * accepts;
        (excess / (requests + 1.0)).clamp(0.0, Self::MOST)
    }

    /// Whether the call that drew `random` is refused.
    pub(super) fn refuses(self, counts: (u64, u64), random: u64) -> bool {
        // 53 bits are what a float takes.
        let drawn = (random >> 11) as f64 / (1_u64 << 53) as f64;
        drawn < self.refuse(counts)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn some_calls_always_pass(
            multiplier in prop::num::f64::ANY,
            grace in any::<u32>(),
            requests in any::<u64>(),
            rejected in any::<u64>(),
        ) {
            let chance = Chance::new(multiplier, grace);
            let refuse = chance.refuse((requests, rejected));
            prop_assert!((0.0..=0.99).contains(&refuse), "{refuse}");
            prop_assert!(!chance.refuses((requests, rejected), u64::MAX));
        }

        #[test]
        fn who_is_accepted_half_the_time_is_not_refused_at_two(accepts in 0_u64..1 << 40) {
            prop_assert_eq!(Chance::new(2.0, 0).refuse((2 * accepts, accepts)), 0.0);
        }

        #[test]
        fn more_rejections_never_make_it_less_likely(
            requests in 0_u64..1 << 40,
            rejected in 0_u64..1 << 40,
            grace in 0_u32..100,
        ) {
            let chance = Chance::new(1.5, grace);
            let now = chance.refuse((requests.max(rejected), rejected));
            let then = chance.refuse((requests.max(rejected) + 1, rejected + 1));
            prop_assert!(then >= now, "{now} {then}");
        }
    }

    #[test]
    fn it_is_the_formula_of_the_book() {
        for (multiplier, grace, counts, expected) in [
            (2.0, 0, (0, 0), 0.0),
            (2.0, 0, (100, 0), 0.0),
            (2.0, 0, (100, 50), 0.0),
            (2.0, 0, (99, 99), 0.99),
            (2.0, 0, (9_999, 9_999), 0.99),
            (2.0, 0, (99, 74), 0.49),
            (1.1, 0, (99, 89), 0.88),
            (2.0, 10, (99, 99), 0.89),
            (2.0, 10, (10, 10), 0.0),
            (0.5, 0, (99, 0), 0.0),
            (f64::NAN, 0, (99, 0), 0.0),
            (f64::INFINITY, 0, (99, 99), 0.99),
            (f64::INFINITY, 0, (99, 98), 0.0),
        ] {
            let chance = Chance::new(multiplier, grace).refuse(counts);
            assert!((chance - expected).abs() < 1e-9, "{counts:?}: {chance}, not {expected}");
        }
    }
}
