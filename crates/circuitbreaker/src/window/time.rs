//! The calls of the last so much time.

use std::time::{Duration, Instant};

use crate::clock::nanos;

/// The calls of the last so much time, to a tenth of it.
///
/// A ring of ten buckets. The newest is being filled, so the window reaches back between nine and
/// ten tenths.
#[derive(Debug, Clone)]
pub(crate) struct TimeWindow {
    /// How much time a bucket covers, in nanoseconds.
    width: u64,
    /// When the newest bucket began; `None` before the first call.
    began: Option<Instant>,
    newest: usize,
    buckets: [Bucket; BUCKETS],
    /// The sum of the buckets.
    total: Bucket,
}

const BUCKETS: usize = 10;

#[derive(Debug, Clone, Copy, Default)]
struct Bucket {
    calls: u64,
    bad: u64,
}

impl TimeWindow {
    /// A length below ten nanoseconds is that.
    pub(crate) fn new(length: Duration) -> Self {
        Self {
            width: (nanos(length) / BUCKETS as u64).max(1),
            began: None,
            newest: 0,
            buckets: [Bucket::default(); BUCKETS],
            total: Bucket::default(),
        }
    }

    /// How much time a bucket covers, in nanoseconds.
    pub(crate) const fn width(&self) -> u64 {
        self.width
    }

    /// Moves on to the bucket of `now`. A time before the newest bucket is in it.
    pub(crate) fn advance(&mut self, now: Instant) {
        let Some(began) = self.began else {
            self.began = Some(now);
            return;
        };
        let passed = nanos(now.saturating_duration_since(began));
        let buckets = passed / self.width;
        if buckets == 0 {
            return;
        }
        let into = Duration::from_nanos(passed % self.width);
        self.began = Some(now.checked_sub(into).unwrap_or(now));
        for _ in 0..buckets.min(BUCKETS as u64) {
            self.newest = (self.newest + 1) % BUCKETS;
            let old = std::mem::take(&mut self.buckets[self.newest]);
            self.total.calls -= old.calls;
            self.total.bad -= old.bad;
        }
    }

    /// When the newest bucket will be full; `None` before the first call, and beyond the end of
    /// the clock.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.began?.checked_add(Duration::from_nanos(self.width))
    }

    pub(crate) fn good(&mut self, calls: u64) {
        // Saturating the total and adding to the bucket what the total took keeps the sum a sum.
        let calls = calls.min(u64::MAX - self.total.calls);
        self.total.calls += calls;
        self.buckets[self.newest].calls += calls;
    }

    pub(crate) fn bad(&mut self) {
        if self.total.calls < u64::MAX {
            self.good(1);
            self.total.bad += 1;
            self.buckets[self.newest].bad += 1;
        }
    }

    pub(crate) fn clear(&mut self) {
        self.began = None;
        self.buckets = [Bucket::default(); BUCKETS];
        self.total = Bucket::default();
    }

    pub(crate) const fn counts(&self) -> (u64, u64) {
        (self.total.calls, self.total.bad)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    proptest! {
        #[test]
        fn it_holds_all_of_nine_tenths_and_nothing_older_than_ten(
            steps in prop::collection::vec((0_u64..4_000, 0_u64..5, any::<bool>()), 1..200),
        ) {
            let start = Instant::now();
            let mut window = TimeWindow::new(10 * SECOND);
            let mut calls: Vec<(Instant, bool)> = Vec::new();
            let mut now = start;
            for (millis, good, bad) in steps {
                now += Duration::from_millis(millis);
                window.advance(now);
                window.good(good);
                calls.extend((0..good).map(|_| (now, false)));
                if bad {
                    window.bad();
                    calls.push((now, true));
                }
                let since = |reach: Duration| {
                    let young = calls.iter().filter(|call| now - call.0 < reach);
                    (young.clone().count() as u64, young.filter(|call| call.1).count() as u64)
                };
                let (least, most) = (since(9 * SECOND), since(10 * SECOND));
                let counts = window.counts();
                prop_assert!(least.0 <= counts.0 && counts.0 <= most.0, "{least:?} {counts:?} {most:?}");
                prop_assert!(least.1 <= counts.1 && counts.1 <= most.1, "{least:?} {counts:?} {most:?}");
            }
        }

        #[test]
        fn time_that_jumps_either_way_neither_panics_nor_wraps(
            length in any::<u64>(),
            steps in prop::collection::vec((any::<u32>(), any::<bool>(), any::<u64>()), 0..50),
        ) {
            let middle = Instant::now() + Duration::from_secs(u32::MAX.into());
            let mut window = TimeWindow::new(Duration::from_nanos(length));
            for (jump, forth, good) in steps {
                let jump = Duration::from_secs(jump.into());
                window.advance(if forth { middle + jump } else { middle - jump });
                window.good(good);
                window.bad();
                let (calls, bad) = window.counts();
                prop_assert!(bad <= calls);
                prop_assert_eq!(window.buckets.iter().map(|b| u128::from(b.calls)).sum::<u128>(), calls.into());
                prop_assert_eq!(window.buckets.iter().map(|b| b.bad).sum::<u64>(), bad);
            }
        }
    }

    #[test]
    fn an_hour_without_a_call_empties_it() {
        let start = Instant::now();
        let mut window = TimeWindow::new(10 * SECOND);
        window.advance(start);
        window.bad();
        window.advance(start + 3600 * SECOND);
        assert_eq!(window.counts(), (0, 0));
    }
}
