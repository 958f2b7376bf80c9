//! The clocks that limiters read, and the count of nanoseconds that each makes of its own.

#[cfg(feature = "quanta")]
mod counter;

use std::{fmt, time::Instant};

use crate::{
    gcra::Gcra,
    time::{Origin, now},
};
#[cfg(feature = "quanta")]
use counter::Counter;

/// What a limiter reads.
enum Clock {
    /// Tokio's, which a test may have paused.
    Tokio,
    /// One of the user's.
    Given(fn() -> Instant),
    #[cfg(feature = "quanta")]
    Processor(Counter),
}

/// The nanoseconds since a limiter was made, by the clock it reads.
///
/// An enum, not a parameter of the limiters: whoever holds one need not name its clock, and the
/// branch always goes the same way. Nanoseconds and not instants, because the detour of a counter
/// by an `Instant` costs a third as much as a whole check.
#[derive(Debug)]
pub(crate) struct Timeline {
    clock: Clock,
    origin: Origin,
}

impl Timeline {
    /// Tokio's clock, from `start`.
    pub(crate) const fn starting_at(start: Instant) -> Self {
        Self { clock: Clock::Tokio, origin: Origin::new(start) }
    }

    /// A clock of the user's, from now.
    pub(crate) fn given(clock: fn() -> Instant) -> Self {
        Self { clock: Clock::Given(clock), origin: Origin::new(clock()) }
    }

    /// The processor's counter, from now.
    #[cfg(feature = "quanta")]
    pub(crate) fn processor() -> Self {
        Self::counting(quanta::Clock::new())
    }

    #[cfg(feature = "quanta")]
    pub(crate) fn counting(clock: quanta::Clock) -> Self {
        // Where the two clocks meet: later instants of tokio's are taken for the same on both.
        let origin = Origin::new(now());
        Self { clock: Clock::Processor(Counter::new(clock)), origin }
    }

    #[inline]
    pub(crate) fn now(&self) -> u64 {
        match &self.clock {
            Clock::Tokio => self.origin.nanos(now()),
            Clock::Given(clock) => self.origin.nanos(clock()),
            #[cfg(feature = "quanta")]
            Clock::Processor(counter) => counter.nanos(),
        }
    }

    /// The count at an instant that was given.
    #[inline]
    pub(crate) fn nanos(&self, at: Instant) -> u64 {
        self.origin.nanos(at)
    }

    /// The same moment on this clock and on tokio's, where it is `now`.
    pub(crate) fn beside(&self, now: Instant) -> Beside {
        match self.clock {
            Clock::Tokio => Beside { origin: self.origin, ahead: 0 },
            _ => Beside { origin: Origin::new(now), ahead: self.now() },
        }
    }
}

/// The count of a [`Timeline`] told by tokio's clock, by which timers and deadlines go.
///
/// Whatever a limiter reads, a call that waits has read it once and waits by tokio's clock: so two
/// clocks that drift apart are apart by no more than they drift in one wait.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside {
    origin: Origin,
    /// The count at the origin.
    ahead: u64,
}

impl Beside {
    pub(crate) fn nanos(self, at: Instant) -> u64 {
        Gcra::clamp(self.ahead + self.origin.nanos(at))
    }

    /// The instant, or `None` beyond the end of the clock.
    pub(crate) fn instant(self, nanos: u64) -> Option<Instant> {
        self.origin.instant(nanos.saturating_sub(self.ahead))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tokio => "Tokio",
            Self::Given(_) => "Given",
            #[cfg(feature = "quanta")]
            Self::Processor(_) => "Processor",
        })
    }
}
