//! Waiting for a deadline, which a call on either side may have.

use tokio::time::{Instant, sleep_until};

/// Is ready at `end`, or never if there is none.
pub(crate) async fn until(end: Option<Instant>) {
    match end {
        Some(end) => sleep_until(end).await,
        None => std::future::pending().await,
    }
}
