//! A breaker around an endpoint.

use std::{fmt, sync::Arc};

use oxkit_core::{Context, Endpoint, Hook, Hooked, Layer, Outcome, Refusal};

use crate::{Builder, ByKind, Circuit, Classify, Permit, Policy, Snapshot, State, clock::now};

/// Stops calling an endpoint that fails, and finds out when it works again.
///
/// It is a [`Layer`], and a [`Hook`]. Clones of it, and all endpoints made with them, share the one
/// breaker: make one for each thing that fails on its own, such as a method or an instance. For one
/// per key of the request see [`KeyedBreaker`](crate::KeyedBreaker).
///
/// While it is open a call is refused with
/// [`Reason::CircuitOpen`](oxkit_core::Reason::CircuitOpen), which advises to come back when it will
/// probe, and the inner endpoint is not called.
///
/// # Cancel safety
///
/// A dropped call does not count, unless asked ([`ByKind`]). A dropped probe frees its place.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::time::Duration;
/// use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures, State};
/// use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Reason, Refusal, endpoint_fn};
///
/// let breaker = Breaker::new(ConsecutiveFailures::new(2));
/// let down = endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> {
///     Err(Refusal::of_kind(ErrorKind::Unavailable, "connection refused"))
/// });
/// let endpoint = breaker.layer(down);
///
/// for _ in 0..2 {
///     assert_eq!(endpoint.call(Context::new(), ()).await.unwrap_err().reason(), Reason::Other);
/// }
/// let refused = endpoint.call(Context::new(), ()).await.unwrap_err();
/// assert_eq!(refused.reason(), Reason::CircuitOpen);
/// assert_eq!(refused.retry_after(), Some(Duration::from_secs(60)));
/// assert_eq!(breaker.state(), State::Open);
/// # }
/// ```
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Breaker<P: Policy, C = ByKind> {
    shared: Arc<Shared<P, C>>,
}

struct Shared<P: Policy, C> {
    circuit: Circuit<P>,
    classify: C,
}

impl<P: Policy> Breaker<P> {
    /// A breaker that opens by `policy`, with the defaults of the [builder](Builder).
    pub fn new(policy: P) -> Self {
        Self::builder(policy).build()
    }

    /// A builder of a breaker that opens by `policy`.
    pub const fn builder(policy: P) -> Builder<P> {
        Builder::new(policy)
    }
}

impl<P: Policy, C> Breaker<P, C> {
    pub(crate) fn of(circuit: Circuit<P>, classify: C) -> Self {
        Self { shared: Arc::new(Shared { circuit, classify }) }
    }

    /// The breaker itself, for calls that are no endpoints.
    #[must_use]
    pub fn circuit(&self) -> &Circuit<P> {
        &self.shared.circuit
    }

    /// The state it is in: see [`Circuit::state`].
    #[must_use]
    pub fn state(&self) -> State {
        self.circuit().state()
    }

    /// The state it is in and what it has counted: see [`Circuit::snapshot`].
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.circuit().snapshot()
    }

    /// The name it was given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.circuit().name()
    }

    /// Refuses all calls: see [`Circuit::force_open`].
    pub fn force_open(&self) {
        self.circuit().force_open();
    }

    /// Lets all calls pass: see [`Circuit::force_closed`].
    pub fn force_closed(&self) {
        self.circuit().force_closed();
    }

    /// Closes it and forgets what it has counted: see [`Circuit::reset`].
    pub fn reset(&self) {
        self.circuit().reset();
    }
}

impl<E, P, C> Hook<E> for Breaker<P, C>
where
    E: Endpoint,
    P: Policy,
    C: Classify<E>,
{
    type State = Permit<P>;

    #[inline]
    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<Permit<P>, E::Error> {
        self.circuit().begin(now).map_err(|refused| Refusal::from(refused).into())
    }

    #[inline]
    fn after(&self, permit: Permit<P>, outcome: Outcome<'_, E::Response, E::Error>) {
        let verdict = self.shared.classify.classify(outcome);
        self.circuit().end(permit, verdict, now);
    }
}

impl<E, P: Policy, C> Layer<E> for Breaker<P, C> {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

impl<P: Policy, C> Clone for Breaker<P, C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<P: Policy, C> fmt::Debug for Breaker<P, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Breaker").field(self.circuit()).finish()
    }
}
