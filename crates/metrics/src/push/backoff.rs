//! When to try again.

use std::time::Duration;

/// The first wait, unless the interval is shorter.
const FIRST: Duration = Duration::from_secs(1);

/// Nobody is waited for longer than this, whatever they ask for.
const LONGEST: Duration = Duration::from_secs(3600);

/// When to try again after failures in a row: after a second, then twice as long each time up to
/// the interval and an hour at most, less a random part of up to a half, so that many senders do not come back at once.
#[derive(Debug)]
pub(crate) struct Backoff {
    first: Duration,
    next: Duration,
    longest: Duration,
}

impl Backoff {
    pub(crate) fn new(interval: Duration) -> Self {
        let first = FIRST.min(interval);
        Self { first, next: first, longest: interval.min(LONGEST) }
    }

    pub(crate) const fn succeeded(&mut self) {
        self.next = self.first;
    }

    /// How long to wait after another failure. `asked` is what the receiver asked for, and `random`
    /// from 0 to 1.
    pub(crate) fn failed(&mut self, asked: Option<Duration>, random: f64) -> Duration {
        let wait = self.next.mul_f64(1.0 - random / 2.0);
        self.next = self.next.saturating_mul(2).min(self.longest);
        wait.max(asked.unwrap_or_default().min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(backoff: &mut Backoff, asked: Option<u64>, random: f64) -> u128 {
        backoff.failed(asked.map(Duration::from_secs), random).as_millis()
    }

    #[test]
    fn waits_double_up_to_the_interval_and_start_over_after_a_success() {
        let mut backoff = Backoff::new(Duration::from_secs(10));
        let waits: Vec<_> = (0..6).map(|_| millis(&mut backoff, None, 0.0)).collect();
        assert_eq!(waits, [1000, 2000, 4000, 8000, 10_000, 10_000]);
        assert_eq!(millis(&mut backoff, None, 1.0), 5000);
        backoff.succeeded();
        assert_eq!(millis(&mut backoff, None, 0.5), 750);
        let mut rare = Backoff::new(Duration::MAX);
        let waits: Vec<_> = (0..100).map(|_| millis(&mut rare, None, 0.0)).collect();
        assert_eq!(waits[99], 3_600_000);
        assert_eq!(Backoff::new(Duration::from_millis(20)).failed(None, 0.0).as_millis(), 20);
    }

    #[test]
    fn a_receiver_that_asks_for_time_gets_it_within_reason() {
        let mut backoff = Backoff::new(Duration::from_secs(10));
        assert_eq!(millis(&mut backoff, Some(30), 0.3), 30_000);
        assert_eq!(millis(&mut backoff, Some(0), 0.0), 2000);
        assert_eq!(millis(&mut backoff, Some(u64::MAX), 0.0), 3_600_000);
    }
}
