//! The counter of the processor, which is read without asking the system.

use crate::Quota;

/// The nanoseconds since it was made.
///
/// From a reading of its own, not from the processor's start: a reading before the first one, on a
/// core that is behind or after the counter was set back, is the first one.
pub(super) struct Counter {
    clock: quanta::Clock,
    start: u64,
    /// Nanoseconds in `2^32` ticks.
    // The crate's own conversion shifts by a number that it finds out at run time. The conversion
    // stands between the counter and the limiter's word, and nothing else can be done meanwhile: to
    // know the shift saves a check four hundredths. What it rounds off is less than a billionth.
    scale: u64,
    /// So many ticks are less than the longest span there is.
    most: u64,
}

impl Counter {
    pub(super) fn new(clock: quanta::Clock) -> Self {
        // A counter that stands is no clock, but no reason to divide by zero.
        let scale = clock.delta_as_nanos(0, 1 << 32).max(1);
        let most = (u128::from(Quota::MAX_NANOS) << 32) / u128::from(scale);
        // Half of what there is, so that the other half tells readings before the first one.
        let most = u64::try_from(most).unwrap_or(u64::MAX).min(u64::MAX / 2);
        let start = clock.raw();
        Self { clock, start, scale, most }
    }

    #[inline]
    pub(super) fn nanos(&self) -> u64 {
        let raw = self.clock.raw();
        let ticks = raw.wrapping_sub(self.start);
        if ticks > self.most {
            return self.out_of_range(raw);
        }
        ((u128::from(ticks) * u128::from(self.scale)) >> 32) as u64
    }

    /// Apart, because a branch costs a check nothing and a minimum does.
    #[cold]
    fn out_of_range(&self, raw: u64) -> u64 {
        if raw < self.start { 0 } else { Quota::MAX_NANOS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn it_counts_from_when_it_was_made() {
        let (clock, mock) = quanta::Clock::mock();
        mock.increment(17 * SECOND);
        let counter = Counter::new(clock);
        assert_eq!(counter.nanos(), 0);
        mock.increment(1);
        assert_eq!(counter.nanos(), 1);
        mock.increment(SECOND);
        assert_eq!(counter.nanos(), SECOND + 1);
    }

    #[test]
    fn before_it_was_made_it_stands_and_at_the_end_of_time_too() {
        let (clock, mock) = quanta::Clock::mock();
        mock.increment(SECOND);
        let counter = Counter::new(clock);
        for (at, nanos) in [
            (0, 0),
            (SECOND - 1, 0),
            (SECOND, 0),
            (SECOND + 1, 1),
            (Quota::MAX_NANOS + SECOND, Quota::MAX_NANOS),
            (Quota::MAX_NANOS + SECOND + 1, Quota::MAX_NANOS),
            (u64::MAX, Quota::MAX_NANOS),
        ] {
            mock.decrement(mock_value(&counter));
            mock.increment(at);
            assert_eq!(counter.nanos(), nanos, "at {at}");
        }
    }

    fn mock_value(counter: &Counter) -> u64 {
        counter.clock.raw()
    }

    #[test]
    fn the_processors_counts_as_the_crate_does() {
        let clock = quanta::Clock::new();
        let counter = Counter::new(clock.clone());
        for _ in 0..1000 {
            let before = clock.delta_as_nanos(counter.start, clock.raw());
            let nanos = counter.nanos();
            let after = clock.delta_as_nanos(counter.start, clock.raw());
            // Each rounds down.
            assert!((before..=after + 1).contains(&(nanos + 1)), "{before} {nanos} {after}");
        }
    }
}
