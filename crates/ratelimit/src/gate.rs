//! The endpoint of all layers that look at a call before it begins, and at nothing after.

use oxkit_core::{Context, Endpoint, Refusal, future::OrRefused};

/// Says whether a call may begin.
pub trait Gate<Request>: Send + Sync {
    fn admit(&self, cx: &Context, request: &Request) -> Result<(), Refusal>;
}

/// An endpoint whose calls may be refused before they begin, made by
/// [`ErroringLimiter`](crate::ErroringLimiter), [`PerKey`](crate::PerKey) and
/// [`CriticalityShed`](crate::CriticalityShed).
#[derive(Debug, Clone, Copy)]
pub struct Gated<G, E> {
    gate: G,
    inner: E,
}

impl<G, E> Gated<G, E> {
    pub(crate) const fn new(gate: G, inner: E) -> Self {
        Self { gate, inner }
    }
}

impl<G: Gate<E::Request>, E: Endpoint> Endpoint for Gated<G, E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    // No hook: one is told how the call ended, and to be told it has the answer copied once more.
    #[inline]
    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        match self.gate.admit(&cx, &request) {
            Ok(()) => OrRefused::running(self.inner.call(cx, request)),
            Err(refusal) => OrRefused::refused(refusal.into()),
        }
    }
}
