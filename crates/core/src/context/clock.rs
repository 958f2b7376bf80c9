//! Instants as one word: nanoseconds after an anchor that the process fixes once.

use std::{
    num::NonZeroU64,
    sync::OnceLock,
    time::{Duration, Instant},
};

/// The one clock read of this crate. The anchor lies well before it, because the instants that are
/// put into contexts may: those of a paused test clock stand still while the real one goes on.
static ANCHOR: OnceLock<Instant> = OnceLock::new();

const MARGIN: Duration = Duration::from_secs(24 * 60 * 60);

/// The anchor itself is one and not zero, so that an `Option` needs no word of its own.
const AT_ANCHOR: NonZeroU64 = NonZeroU64::MIN;

#[inline]
fn anchor() -> Instant {
    *ANCHOR.get_or_init(|| {
        let now = Instant::now();
        // Where the clock cannot count below its own start, a host that is up for less than the
        // margin has no instants to lose.
        now.checked_sub(MARGIN).unwrap_or(now)
    })
}

/// Instants before the anchor become the anchor, which has passed all the same; those too far for a
/// word become the last one that it can tell.
#[inline]
pub(super) fn encode(at: Instant) -> NonZeroU64 {
    let since = at.saturating_duration_since(anchor());
    // In 64 bits: in 128, as the standard library counts, it costs several times as much.
    let nanos = since.as_secs().saturating_mul(1_000_000_000);
    AT_ANCHOR.saturating_add(nanos.saturating_add(u64::from(since.subsec_nanos())))
}

#[inline]
pub(super) fn decode(word: NonZeroU64) -> Instant {
    anchor() + Duration::from_nanos(word.get() - AT_ANCHOR.get())
}
