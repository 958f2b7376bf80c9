//! A share of the calls in a sliding window.

use std::time::Instant;

use super::Tally;
use crate::{
    Ratio,
    clock::{Lazy, Origin},
    window::{SharedWindow, Window},
};

/// A share of the calls in a sliding window.
#[derive(Debug)]
pub struct Share {
    limit: Limit,
    window: SharedWindow,
}

/// When the share is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limit {
    pub(super) ratio: Ratio,
    pub(super) minimum_calls: u64,
}

impl Share {
    pub(super) fn new(limit: Limit, window: Window, stripes: usize, origin: Origin) -> Self {
        Self { limit, window: SharedWindow::new(window, stripes, origin) }
    }
}

impl Tally for Share {
    #[inline]
    fn good<F: Fn() -> Instant>(&self, _: u64, clock: &mut Lazy<F>) {
        self.window.good(clock);
    }

    fn bad<F: Fn() -> Instant>(&self, generation: u64, clock: &mut Lazy<F>) -> bool {
        let Limit { ratio, minimum_calls } = self.limit;
        let reached = self.window.change(generation, clock, |window| {
            window.bad();
            let (calls, bad) = window.counts();
            calls >= minimum_calls && ratio.is_reached(bad, calls)
        });
        reached == Some(true)
    }

    fn restart(&self, generation: u64) {
        self.window.restart(generation);
    }

    fn counts(&self) -> (u64, u64) {
        self.window.counts()
    }
}
