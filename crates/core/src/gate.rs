//! Middleware that decides whether a call may begin.

use crate::{Context, Endpoint, Layer, future::OrRefused};

/// Middleware that decides whether a call may begin, and has no more to do with it.
///
/// Limiting a rate, checking a deadline and asking whether the caller may do that have this shape.
/// It is the half of a [`Hook`](crate::Hook) that runs before the call; the other half need not be
/// carried along, and the answer passes by it untouched.
///
/// ```
/// use oxkit_core::{Context, Endpoint, Gate, Layer, Reason, Refusal, endpoint_fn, gate};
///
/// struct Caller(&'static str);
///
/// /// Lets a single caller in.
/// #[derive(Clone)]
/// struct Only(&'static str);
///
/// impl<E: Endpoint> Gate<E> for Only {
///     fn admit(&self, cx: &Context, _: &E::Request) -> Result<(), E::Error> {
///         match cx.get() {
///             Some(Caller(name)) if *name == self.0 => Ok(()),
///             _ => Err(Refusal::new(Reason::Unauthenticated).into()),
///         }
///     }
/// }
///
/// # fn main() {
/// let endpoint = gate(Only("ada")).layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
/// let call = |name| endpoint.call(Context::new().with(Caller(name)), 1);
/// assert_eq!(at_once(call("ada")).unwrap(), 1);
/// assert_eq!(at_once(call("eve")).unwrap_err().reason(), Reason::Unauthenticated);
/// # }
/// # fn at_once<F: Future>(f: F) -> F::Output {
/// #     let mut f = std::pin::pin!(f);
/// #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
/// #         std::task::Poll::Ready(out) => out,
/// #         std::task::Poll::Pending => panic!("pending"),
/// #     }
/// # }
/// ```
pub trait Gate<E: Endpoint>: Send + Sync {
    /// Runs before the call, as part of [`Endpoint::call`] itself.
    ///
    /// # Errors
    ///
    /// Refuses the call: the inner endpoint is not called.
    fn admit(&self, cx: &Context, request: &E::Request) -> Result<(), E::Error>;
}

/// Makes a [`Layer`] of a [`Gate`].
///
/// Each endpoint the layer is applied to gets a clone of the gate, so a gate that holds state holds
/// it behind an `Arc`.
pub const fn gate<G>(gate: G) -> GateLayer<G> {
    GateLayer(gate)
}

/// A [`Gate`] as a layer, made by [`gate`].
#[derive(Debug, Clone, Copy)]
pub struct GateLayer<G>(G);

impl<G: Clone, E> Layer<E> for GateLayer<G> {
    type Service = Gated<G, E>;

    fn layer(&self, inner: E) -> Gated<G, E> {
        Gated::new(self.0.clone(), inner)
    }
}

/// An endpoint with a [`Gate`] before it.
#[derive(Debug, Clone, Copy)]
pub struct Gated<G, E> {
    gate: G,
    inner: E,
}

impl<G, E> Gated<G, E> {
    /// Puts `gate` before `inner`.
    pub const fn new(gate: G, inner: E) -> Self {
        Self { gate, inner }
    }
}

impl<G: Gate<E>, E: Endpoint> Endpoint for Gated<G, E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    #[inline]
    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        match self.gate.admit(&cx, &request) {
            Ok(()) => OrRefused::running(self.inner.call(cx, request)),
            Err(error) => OrRefused::refused(error),
        }
    }
}
