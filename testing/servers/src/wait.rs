//! Waiting for an event that nobody announces, and not for ever.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Asks `probe` again and again until it says `true`; whether it did within `limit`.
///
/// For what another process does, where there is nothing to be woken by. It is asked at once, then
/// after a millisecond, then at growing intervals of up to 50 milliseconds, and once more at the end.
#[must_use]
pub fn until(limit: Duration, mut probe: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    let mut interval = Duration::from_millis(1);
    loop {
        let late = Instant::now() >= end;
        if probe() {
            return true;
        }
        if late {
            return false;
        }
        rest(interval);
        interval = (interval * 2).min(Duration::from_millis(50));
    }
}

#[expect(clippy::disallowed_methods, reason = "another process gives no event to wait for")]
fn rest(interval: Duration) {
    thread::sleep(interval);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_seen_and_what_does_not_is_not_waited_for_for_ever() {
        let mut asked = 0;
        assert!(until(Duration::from_secs(60), || {
            asked += 1;
            asked == 3
        }));
        assert!(!until(Duration::from_millis(10), || false));
        assert!(until(Duration::ZERO, || true), "it is asked at least once");
    }
}
