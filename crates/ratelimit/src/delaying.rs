//! The limiter that makes calls wait, around an endpoint.

use oxkit_core::{Context, Endpoint, Layer};

use crate::{Wait, after::After};

/// Makes a call wait until its limiter has a token for it.
///
/// Go kit's `NewDelayingLimiter`. A call waits no longer than its context's deadline, and one whose
/// turn would come too late is refused at once: see [`RateLimiter`](crate::RateLimiter) for who
/// waits, in which order and for how long. The inner endpoint is called when the waiting is over.
///
/// Endpoints made with one layer or its clones share the limit and the line.
///
/// For a client that must keep to somebody's quota, or a worker that spreads its load. A server
/// that makes its callers wait holds their connections and memory meanwhile; there
/// [`ErroringLimiter`](crate::ErroringLimiter) is mostly the better choice.
///
/// # Cancel safety
///
/// Dropping the future leaves the line, or cancels the call.
///
/// # Panics
///
/// A call that has to wait panics outside of a tokio runtime, or in one whose timer is not enabled.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::{num::NonZeroU32, time::Duration};
/// use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_ratelimit::{DelayingLimiter, Quota, RateLimiter};
/// use tokio::time::Instant;
///
/// let one = NonZeroU32::MIN;
/// let limiter = RateLimiter::new(Quota::per_second(one));
/// let endpoint = DelayingLimiter::new(limiter)
///     .layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
///
/// let start = Instant::now();
/// for n in 0..3 {
///     assert_eq!(endpoint.call(Context::new(), n).await.unwrap(), n);
/// }
/// assert_eq!(start.elapsed(), Duration::from_secs(2));
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct DelayingLimiter<L> {
    limiter: L,
}

impl<L: Wait> DelayingLimiter<L> {
    /// Waits for `limiter` before each call.
    pub const fn new(limiter: L) -> Self {
        Self { limiter }
    }
}

impl<L: Clone, E> Layer<E> for DelayingLimiter<L> {
    type Service = DelayingLimiterEndpoint<L, E>;

    fn layer(&self, inner: E) -> Self::Service {
        DelayingLimiterEndpoint { limiter: self.limiter.clone(), inner }
    }
}

/// An endpoint whose calls wait for a limiter, made by [`DelayingLimiter`].
#[derive(Debug, Clone, Copy)]
pub struct DelayingLimiterEndpoint<L, E> {
    limiter: L,
    inner: E,
}

impl<L: Wait, E: Endpoint> Endpoint for DelayingLimiterEndpoint<L, E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        After::new(self.limiter.wait(cx.deadline()), move || self.inner.call(cx, request))
    }
}
