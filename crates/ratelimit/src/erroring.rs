//! The limiter that refuses, around an endpoint.

use oxkit_core::{Context, Endpoint, Gate, Gated, Layer};

use crate::Allow;

/// Refuses a call when its limiter has no token for it.
///
/// Go kit's `NewErroringLimiter`. The refusal is the limiter's: for
/// [`RateLimited`](oxkit_core::Reason::RateLimited) and with the time after which to come back,
/// which transports pass on (`Retry-After` over HTTP). The inner endpoint is not called.
///
/// Endpoints made with one layer or its clones share the limit.
///
/// # Which time counts
///
/// By default the limiter's [clock](crate::RateLimiter#which-clock) is read for each call. That is
/// exact, and most of what a check costs.
///
/// [`charged_at_arrival`](Self::charged_at_arrival) takes the instant at which the transport
/// received the request instead, if the context has one. At the edge of a server the two differ by
/// microseconds. The limit is then one on *arrivals*: of calls that waited before they got here,
/// for a slot or for something else, up to `waited / interval` more may pass at once.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::{num::NonZeroU32, time::Duration};
/// use oxkit_core::{Context, Endpoint, Failure, Layer, Reason, Refusal, endpoint_fn};
/// use oxkit_ratelimit::{ErroringLimiter, Quota, RateLimiter};
///
/// let one = NonZeroU32::MIN;
/// let limiter = RateLimiter::new(Quota::per_second(one));
/// let endpoint = ErroringLimiter::new(limiter)
///     .layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
///
/// assert_eq!(endpoint.call(Context::new(), 1).await.unwrap(), 1);
/// let refused = endpoint.call(Context::new(), 2).await.unwrap_err();
/// assert_eq!(refused.reason(), Reason::RateLimited);
/// assert_eq!(refused.retry_after(), Some(Duration::from_secs(1)));
/// # }
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct ErroringLimiter<L> {
    limiter: L,
    at_arrival: bool,
}

impl<L: Allow> ErroringLimiter<L> {
    /// Asks `limiter` for each call.
    pub const fn new(limiter: L) -> Self {
        Self { limiter, at_arrival: false }
    }

    /// Charges each call at the instant the transport received it, which saves reading the clock.
    ///
    /// For the outermost layers of a server. If there was no token then, the clock is read after
    /// all and a token that is there now is taken: a call that is long under way, or a task that
    /// works on with an old context, is not refused for it.
    ///
    /// Not for a limit that protects somebody else, such as a client's: what a call waited before
    /// is added to the burst.
    pub const fn charged_at_arrival(mut self) -> Self {
        self.at_arrival = true;
        self
    }
}

impl<L: Clone, E> Layer<E> for ErroringLimiter<L> {
    type Service = Gated<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Gated::new(self.clone(), inner)
    }
}

impl<L: Allow, E: Endpoint> Gate<E> for ErroringLimiter<L> {
    #[inline]
    fn admit(&self, cx: &Context, _: &E::Request) -> Result<(), E::Error> {
        let arrival = if self.at_arrival { cx.arrival() } else { None };
        let admitted = match arrival {
            Some(arrival) => self.limiter.allow_arrived(arrival),
            None => self.limiter.allow(),
        };
        Ok(admitted?)
    }
}
