//! Waiting for what another task does, where nobody is told of it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often it is looked at.
const ROUND: Duration = Duration::from_millis(5);

/// Waits until `reached` says so.
///
/// # Panics
///
/// If it takes more than a minute; the message is `what`.
pub async fn until(what: &str, reached: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !reached() {
        assert!(Instant::now() < end, "not within {} s: {what}", PATIENCE.as_secs());
        sleep(ROUND).await;
    }
}

/// Waits until a number has been the same for a while, and says which.
///
/// # Panics
///
/// If it goes on changing for more than a minute; the message is `what`.
pub async fn settled(what: &str, number: impl Fn() -> u64) -> u64 {
    const ROUNDS: u32 = 40;
    let end = Instant::now() + PATIENCE;
    let (mut seen, mut rounds) = (number(), 0);
    while rounds < ROUNDS {
        assert!(Instant::now() < end, "not within {} s: {what}", PATIENCE.as_secs());
        sleep(ROUND).await;
        let now = number();
        rounds = if now == seen { rounds + 1 } else { 0 };
        seen = now;
    }
    seen
}
