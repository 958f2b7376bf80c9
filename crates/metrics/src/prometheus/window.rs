//! What was observed lately.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::Distribution;

/// In how many steps a window moves on.
const STEPS: u32 = 5;

/// Knows what was observed lately from having looked before.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Counts of former looks, the oldest first, at least a step apart. At most one is older than
    /// the window: what came after it is what is asked for.
    marks: VecDeque<(Instant, Mark)>,
}

/// The buckets that hold something. Of a thousand, few do.
type Mark = Box<[(usize, u64)]>;

impl Window {
    /// What came within `length` before `now`, or since the last look before that; all there is, if
    /// there was none.
    pub(super) fn recent(
        &mut self,
        now: Instant,
        length: Duration,
        all: &Distribution,
    ) -> Distribution {
        let age = |mark: &(Instant, Mark)| now.saturating_duration_since(mark.0);
        while self.marks.get(1).is_some_and(|mark| age(mark) >= length) {
            self.marks.pop_front();
        }
        let before = self.marks.front().filter(|mark| age(mark) >= length);
        let recent = all.without(before.map_or(&[], |mark| &mark.1));
        if self.marks.back().is_none_or(|mark| age(mark) >= length / STEPS) {
            let filled = all.counts().iter().copied().enumerate().filter(|(_, count)| *count != 0);
            self.marks.push_back((now, filled.collect()));
        }
        recent
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buckets, Registry};

    const LENGTH: Duration = Duration::from_secs(600);

    proptest! {
        /// However often it is looked at, nothing younger than the window is missing, nothing is in
        /// it that was seen a step before the last look outside of it, and little is kept.
        #[test]
        fn it_holds_what_is_younger(steps in prop::collection::vec((0..400u64, 0..5u64), 1..60)) {
            let registry = Registry::new();
            let histogram = registry.histogram("h", "", Buckets::log_linear()).unwrap();
            let start = Instant::now();
            let mut window = Window::default();
            let (mut now, mut all, mut looks) = (start, 0, Vec::<(Instant, u64)>::new());
            for (seconds, count) in steps {
                now += Duration::from_secs(seconds);
                for _ in 0..count {
                    histogram.observe(1.0);
                }
                all += count;
                let recent = window.recent(now, LENGTH, &histogram.value()).count();
                let seen_before = |moment: Option<Instant>| {
                    let old = |look: &&(Instant, u64)| moment.is_some_and(|moment| look.0 <= moment);
                    looks.iter().rev().find(old).copied()
                };
                let outside = seen_before(now.checked_sub(LENGTH));
                prop_assert!(recent >= all - outside.map_or(0, |look| look.1));
                let a_step_before =
                    seen_before(outside.and_then(|look| look.0.checked_sub(LENGTH / STEPS)));
                prop_assert!(recent <= all - a_step_before.map_or(0, |look| look.1));
                prop_assert!(window.marks.len() <= STEPS as usize + 2);
                looks.push((now, all));
            }
        }
    }
}
