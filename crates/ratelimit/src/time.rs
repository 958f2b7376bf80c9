//! Tokio's clock, nanoseconds since an instant, and what limiters say when it is too soon.

use std::time::{Duration, Instant};

use oxkit_core::{Reason, Refusal};

use crate::gcra::Gcra;

/// The time on tokio's clock, which a test may have paused.
#[inline]
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Where a limiter counts its nanoseconds from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Origin(Instant);

impl Origin {
    pub(crate) const fn new(at: Instant) -> Self {
        Self(at)
    }

    /// Instants before the origin are the origin: what a limiter never saw it owes nothing for.
    #[inline]
    pub(crate) fn nanos(self, at: Instant) -> u64 {
        let since = at.saturating_duration_since(self.0);
        // In 64 bits: 128 would cost as much as the rest of a check.
        let nanos = since.as_secs().saturating_mul(1_000_000_000);
        Gcra::clamp(nanos.saturating_add(u64::from(since.subsec_nanos())))
    }

    /// The instant, or `None` beyond the end of the clock.
    pub(crate) fn instant(self, nanos: u64) -> Option<Instant> {
        self.0.checked_add(Duration::from_nanos(nanos))
    }
}

/// Too soon: come back in so many nanoseconds.
#[cold]
pub(crate) fn too_soon(nanos: u64) -> Refusal {
    Refusal::new(Reason::RateLimited).with_retry_after(Duration::from_nanos(nanos))
}
