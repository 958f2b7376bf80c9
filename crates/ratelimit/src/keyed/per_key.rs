//! The limiter that refuses by key, around an endpoint.

use std::{any::type_name, fmt, hash::Hash};

use oxkit_core::{Context, Endpoint, Gate, Gated, Layer};

use super::KeyedLimiter;

/// Refuses a call when its key has no token left.
///
/// The key is what a function of yours says it is, from the context and the request: no header is
/// looked at and none is believed. What a peer may claim freely, a forwarding header above all, is
/// no key, for it would choose its own limit; the peer's address or an authenticated name is one.
///
/// A function that returns an `Option` holds all calls without a key to one limit.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::{net::IpAddr, num::NonZeroU32};
/// use oxkit_core::{Context, Endpoint, Layer, Peer, Reason, Refusal, endpoint_fn};
/// use oxkit_ratelimit::{KeyedLimiter, PerKey, Quota};
///
/// fn address(cx: &Context) -> Option<IpAddr> {
///     cx.get::<Peer>().map(|peer| peer.0.ip())
/// }
///
/// let limiter = KeyedLimiter::new(Quota::per_second(NonZeroU32::MIN));
/// let endpoint = PerKey::new(limiter, |cx: &Context, _: &u8| address(cx))
///     .layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
///
/// let from = |ip: [u8; 4]| Context::new().with(Peer((ip, 4711).into()));
/// assert_eq!(endpoint.call(from([10, 0, 0, 1]), 1).await.unwrap(), 1);
/// assert_eq!(endpoint.call(from([10, 0, 0, 2]), 2).await.unwrap(), 2);
/// let refused = endpoint.call(from([10, 0, 0, 1]), 3).await.unwrap_err();
/// assert_eq!(refused.reason(), Reason::RateLimited);
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct PerKey<F> {
    limiter: KeyedLimiter,
    key: F,
    at_arrival: bool,
}

impl<F> PerKey<F> {
    /// Asks `limiter` about the key that `key` makes of each call.
    ///
    /// It runs on every call: return something that is cheap to make, such as a number, an address
    /// or an `Arc<str>`. Only its hash is kept.
    pub const fn new<R, K>(limiter: KeyedLimiter, key: F) -> Self
    where
        F: Fn(&Context, &R) -> K,
        K: Hash,
    {
        Self { limiter, key, at_arrival: false }
    }

    /// Charges each call at the instant the transport received it, which saves reading the clock.
    ///
    /// For the outermost layers of a server; see
    /// [`ErroringLimiter`](crate::ErroringLimiter#which-time-counts) for what it means.
    pub const fn charged_at_arrival(mut self) -> Self {
        self.at_arrival = true;
        self
    }
}

impl<F: Clone, E> Layer<E> for PerKey<F> {
    type Service = Gated<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Gated::new(self.clone(), inner)
    }
}

impl<F, K, E> Gate<E> for PerKey<F>
where
    F: Fn(&Context, &E::Request) -> K + Send + Sync,
    K: Hash,
    E: Endpoint,
{
    fn admit(&self, cx: &Context, request: &E::Request) -> Result<(), E::Error> {
        let key = (self.key)(cx, request);
        let arrival = if self.at_arrival { cx.arrival() } else { None };
        let admitted = match arrival {
            Some(arrival) => self.limiter.check_arrived(&key, arrival),
            None => self.limiter.check(&key),
        };
        Ok(admitted?)
    }
}

impl<F> fmt::Debug for PerKey<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerKey")
            .field("limiter", &self.limiter)
            .field("key", &type_name::<F>())
            .field("at_arrival", &self.at_arrival)
            .finish()
    }
}
