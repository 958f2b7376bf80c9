//! What is remembered of the calls: the last so many, or those of the last so much time.

mod counts;
mod shared;
mod time;

use std::time::Instant;

pub(crate) use counts::CallWindow;
pub(crate) use shared::SharedWindow;
pub(crate) use time::TimeWindow;

/// A sliding window, as one of its two kinds.
#[derive(Debug, Clone)]
pub(crate) enum Window {
    Calls(CallWindow),
    Time(TimeWindow),
}

impl Window {
    /// Counts calls that ended well since the window was last touched.
    pub(crate) fn good(&mut self, calls: u64) {
        match self {
            Self::Calls(window) => window.good(calls),
            Self::Time(window) => window.good(calls),
        }
    }

    /// Counts a call that did not end well.
    pub(crate) fn bad(&mut self) {
        match self {
            Self::Calls(window) => window.bad(),
            Self::Time(window) => window.bad(),
        }
    }

    /// Forgets what is too old at `now`.
    pub(crate) fn advance(&mut self, now: Instant) {
        if let Self::Time(window) = self {
            window.advance(now);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        match self {
            Self::Calls(window) => window.clear(),
            Self::Time(window) => window.clear(),
        }
    }

    /// The calls in the window, and those of them that did not end well.
    pub(crate) fn counts(&self) -> (u64, u64) {
        match self {
            Self::Calls(window) => window.counts(),
            Self::Time(window) => window.counts(),
        }
    }
}
