//! Reading the time as late as possible, and at most once.

use std::time::{Duration, Instant};

/// The time on tokio's clock, which a test may have paused.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// A time that is read when somebody asks for it: most calls never do, and reading it costs more
/// than all else a closed breaker does.
#[derive(Debug)]
pub struct Lazy<F> {
    read: F,
    at: Option<Instant>,
}

impl<F: Fn() -> Instant> Lazy<F> {
    pub(crate) const fn new(read: F) -> Self {
        Self { read, at: None }
    }

    pub(crate) fn now(&mut self) -> Instant {
        *self.at.get_or_insert_with(&self.read)
    }
}

/// Instants as nanoseconds after an origin, so that one fits an atomic word.
///
/// The origin lies a day before the instant it is made from, because a test's paused clock may
/// stand behind the one it was read from.
#[derive(Debug, Clone, Copy)]
pub struct Origin(Instant);

impl Origin {
    const MARGIN: Duration = Duration::from_secs(24 * 60 * 60);

    pub(crate) fn before(now: Instant) -> Self {
        // Where the clock cannot count below its own start, no instant is lost.
        Self(now.checked_sub(Self::MARGIN).unwrap_or(now))
    }

    /// 584 years after the origin is the end of time.
    pub(crate) fn nanos(self, at: Instant) -> u64 {
        nanos(at.saturating_duration_since(self.0))
    }
}

pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
