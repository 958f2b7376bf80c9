//! The last so many calls.

use std::collections::VecDeque;

/// The last so many calls, in the order they ended.
///
/// Only the failures are kept, each by its number among all calls: a run of good calls of any
/// length is one addition, so those who only count good calls need not come here.
#[derive(Debug, Clone)]
pub(crate) struct CallWindow {
    size: u64,
    /// The calls since it was cleared: a call a nanosecond would take 584 years to wrap it.
    seen: u64,
    /// Each below `seen` and, after every step, within `size` of it; so never more than `size`.
    failures: VecDeque<u64>,
}

impl CallWindow {
    /// The longest window: what it may come to hold is 8 bytes a failure.
    pub(crate) const LONGEST: u32 = 1 << 16;

    /// `size` is brought to between 1 and [`LONGEST`](Self::LONGEST).
    pub(crate) fn new(size: u32) -> Self {
        let size = size.clamp(1, Self::LONGEST).into();
        Self { size, seen: 0, failures: VecDeque::new() }
    }

    pub(super) fn good(&mut self, calls: u64) {
        self.seen = self.seen.saturating_add(calls);
        self.forget();
    }

    pub(super) fn bad(&mut self) {
        // Grows to the failures it takes to open, and stays there.
        self.failures.push_back(self.seen);
        self.seen = self.seen.saturating_add(1);
        self.forget();
    }

    fn forget(&mut self) {
        let oldest = self.seen.saturating_sub(self.size);
        while self.failures.front().is_some_and(|&failure| failure < oldest) {
            self.failures.pop_front();
        }
    }

    pub(super) fn clear(&mut self) {
        self.seen = 0;
        self.failures.clear();
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (self.seen.min(self.size), self.failures.len() as u64)
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_counts_as_a_list_of_the_last_calls_would(
            size in 1_u32..50,
            runs in prop::collection::vec((0_u64..60, any::<bool>()), 0..100),
        ) {
            let mut window = CallWindow::new(size);
            let mut list = VecDeque::new();
            for (good, bad) in runs {
                window.good(good);
                list.extend((0..good).map(|_| false));
                if bad {
                    window.bad();
                    list.push_back(true);
                }
                while list.len() > size as usize {
                    list.pop_front();
                }
                let failures = list.iter().filter(|&&bad| bad).count() as u64;
                prop_assert_eq!(window.counts(), (list.len() as u64, failures));
            }
        }

        #[test]
        fn it_holds_no_more_than_its_size(size in 0_u32..100, failures in 0..500) {
            let mut window = CallWindow::new(size);
            (0..failures).for_each(|_| window.bad());
            prop_assert!(window.failures.len() <= size.max(1) as usize);
        }
    }

    #[test]
    fn counts_do_not_wrap() {
        let mut window = CallWindow::new(u32::MAX);
        window.bad();
        window.good(u64::MAX);
        window.good(u64::MAX);
        assert_eq!(window.counts(), (CallWindow::LONGEST.into(), 0));
    }
}
