//! The limiter that asks the server, around an endpoint.

use std::{any::type_name, fmt};

use oxkit_core::{Context, Endpoint, Layer};

use super::{RedisQuota, key::key};
use crate::after::After;

/// Refuses a call when its key has no token left in the quota that all processes share.
///
/// The key is what a function of yours says it is, from the context and the request; see
/// [`PerKey`](crate::PerKey) for what makes a good one. Its text is sent to the server. A function
/// that always says the same limits all calls together.
///
/// A call waits for the server for the [budget](super::RedisQuotaBuilder::budget) at most, and no
/// longer than its context's deadline.
///
/// Put it inside of limits that cost nothing, such as [`PerKey`](crate::PerKey): what those refuse
/// need not cross the network.
///
/// See [`RedisQuota`] for an example.
///
/// # Cancel safety
///
/// Dropping the future cancels the call. Its token may be taken.
#[derive(Clone)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct RedisLimiter<F> {
    quota: RedisQuota,
    key: F,
}

impl<F> RedisLimiter<F> {
    /// Asks `quota` about the key that `key` makes of each call.
    pub const fn new<R, K>(quota: RedisQuota, key: F) -> Self
    where
        F: Fn(&Context, &R) -> K,
        K: fmt::Display,
    {
        Self { quota, key }
    }
}

impl<F: Clone, E> Layer<E> for RedisLimiter<F> {
    type Service = RedisLimiterEndpoint<F, E>;

    fn layer(&self, inner: E) -> Self::Service {
        RedisLimiterEndpoint { limiter: self.clone(), inner }
    }
}

/// An endpoint whose calls ask a Redis server first, made by [`RedisLimiter`].
#[derive(Debug, Clone)]
pub struct RedisLimiterEndpoint<F, E> {
    limiter: RedisLimiter<F>,
    inner: E,
}

impl<F, K, E> Endpoint for RedisLimiterEndpoint<F, E>
where
    F: Fn(&Context, &E::Request) -> K + Send + Sync,
    K: fmt::Display,
    E: Endpoint,
{
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        let RedisLimiter { quota, key: of } = &self.limiter;
        let name = key(&quota.shared.prefix, of(&cx, &request));
        After::new(quota.take_named(name, cx.deadline()), move || self.inner.call(cx, request))
    }
}

impl<F> fmt::Debug for RedisLimiter<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisLimiter")
            .field("quota", &self.quota)
            .field("key", &type_name::<F>())
            .finish()
    }
}
