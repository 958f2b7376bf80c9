//! Not beginning what cannot be done in time.

mod adaptive;
mod estimate;
mod recent;

use std::time::Duration;

use oxkit_core::{Context, Endpoint, Gate, Gated, Layer, Reason, Refusal};

use crate::future::now;

pub use adaptive::AdaptiveShed;

/// Refuses a call when less time is left than it is expected to take.
///
/// Under overload calls wait, and arrive with little of their time left; to begin one that cannot
/// be done in time takes the capacity from one that can. The refusal is for [`Reason::Deadline`]:
/// it is the caller's deadline that would be missed, and calling another instance would not bring
/// the time back.
///
/// A call without deadline is never refused, and one whose deadline has passed always is.
///
/// Put it where the waiting is over: inside of a
/// [`ConcurrencyLimit`](crate::ConcurrencyLimit).
#[derive(Debug, Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Shed {
    expected: Duration,
}

impl Shed {
    /// Refuses a call when less than `expected` is left of its time.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// use std::time::Duration;
    /// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
    /// use oxkit_endpoint::Shed;
    /// use tokio::time::Instant;
    ///
    /// let endpoint = Shed::when_less_than(Duration::from_millis(20))
    ///     .layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
    ///
    /// let now = Instant::now().into_std();
    /// let left = |millis| Context::new().with_deadline(now + Duration::from_millis(millis));
    /// assert_eq!(endpoint.call(left(20), 1).await.unwrap(), 1);
    /// assert_eq!(endpoint.call(left(19), 2).await.unwrap_err().reason(), Reason::Deadline);
    /// assert_eq!(endpoint.call(Context::new(), 3).await.unwrap(), 3);
    /// # }
    /// ```
    pub const fn when_less_than(expected: Duration) -> Self {
        Self { expected }
    }

    /// Refuses a call when less time is left than calls took lately: see [`AdaptiveShed`].
    pub fn adaptive() -> AdaptiveShed {
        AdaptiveShed::new()
    }
}

impl<E> Layer<E> for Shed {
    type Service = Gated<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Gated::new(*self, inner)
    }
}

impl<E: Endpoint> Gate<E> for Shed {
    #[inline]
    fn admit(&self, cx: &Context, _: &E::Request) -> Result<(), E::Error> {
        // Without a deadline the clock need not be read.
        if !cx.has_deadline() {
            return Ok(());
        }
        match cx.remaining(now()) {
            Some(left) if left.is_zero() || left < self.expected => Err(refused().into()),
            _ => Ok(()),
        }
    }
}

fn refused() -> Refusal {
    Refusal::new(Reason::Deadline)
}
