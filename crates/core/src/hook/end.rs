//! When a call ended.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

/// When a call ended: the same for all who ask, by one look at the clock, which nobody takes who
/// does not ask.
///
/// What [`Hook::after_at`](crate::Hook::after_at) is told.
///
/// ```
/// use std::time::Instant;
/// use oxkit_core::End;
///
/// let began = Instant::now();
/// let end = End::new();
/// assert_eq!(end.at(), end.at());
/// assert_eq!(end.since(began), end.at() - began);
/// ```
#[derive(Debug, Clone, Default)]
pub struct End {
    at: Cell<Option<Instant>>,
    /// The beginning that was asked for last, and how long it was before the end.
    since: Cell<Option<(Instant, Duration)>>,
}

impl End {
    /// Of a call that ends now.
    #[must_use]
    pub const fn new() -> Self {
        Self { at: Cell::new(None), since: Cell::new(None) }
    }

    /// By the system's clock, when it is asked for the first time.
    #[inline]
    #[must_use]
    pub fn at(&self) -> Instant {
        self.at.get().unwrap_or_else(|| {
            let now = Instant::now();
            self.at.set(Some(now));
            now
        })
    }

    /// How long the call took that began then; zero if that is later than the end.
    //
    // All begin with the request's arrival, and a difference of instants costs half as much as
    // reading the clock.
    #[inline]
    #[must_use]
    pub fn since(&self, began: Instant) -> Duration {
        match self.since.get() {
            Some((known, took)) if known == began => took,
            _ => {
                let took = self.at().saturating_duration_since(began);
                self.since.set(Some((began, took)));
                took
            }
        }
    }
}
