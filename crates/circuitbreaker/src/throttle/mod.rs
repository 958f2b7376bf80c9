//! Not sending what would be rejected.

mod chance;
mod core;
mod random;

use std::{fmt, sync::Arc, time::Duration};

use oxkit_core::{Context, Endpoint, ErrorKind, Hook, Hooked, Layer, Outcome, Refusal};

use crate::{
    ByKind, Classify, Refused, State,
    clock::now,
    stripes::Stripes,
    throttle::{chance::Chance, core::Core, random::random},
};

/// Sends an overloaded endpoint no more than about `K` times what it accepts.
///
/// The client-side throttling of the book *Site Reliability Engineering* (Beyer and others, 2016,
/// chapter 21). It has no states. Over a sliding window of time it counts the calls its callers wanted
/// to make and those of them the endpoint accepted, and refuses each call with the probability
/// `(requests - K * accepts) / (requests + 1)`. Where a breaker is all or nothing, this holds back
/// as much as is needed: an endpoint that serves a third of the load goes on serving it, and is
/// spared most of the work of rejecting the rest.
///
/// A refused call counts as one that was wanted, so it goes on holding back until the endpoint
/// accepts what it is sent. It feels its way up: what it sends grows about fivefold with each
/// window. One call in a hundred always passes, so after an endpoint was down altogether all calls
/// are let through again some three windows after it came back.
///
/// What is refused is refused with [`Reason::CircuitOpen`](oxkit_core::Reason::CircuitOpen) and no
/// advice when to come back: the very next call may pass.
///
/// | setting | default |
/// |---|---|
/// | [`multiplier`](ThrottleBuilder::multiplier) | 2, as in the book |
/// | [`window`](ThrottleBuilder::window) | 10 seconds; the book has 2 minutes, and takes as many times longer to recover |
/// | [`grace`](ThrottleBuilder::grace) | 10 calls, where the book has none |
/// | [`classify`](ThrottleBuilder::classify) | [`ByKind`], with [`ResourceExhausted`](ErrorKind::ResourceExhausted) as a failure: that is how an endpoint rejects |
///
/// Clones and all endpoints made with them share the counts. While nothing is refused a call costs
/// an addition to a counter of its own thread, and a clock read now and then; while something is, a
/// lock.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use oxkit_circuitbreaker::Throttle;
/// use oxkit_core::{Context, Endpoint, ErrorKind, Layer, Reason, Refusal, endpoint_fn};
///
/// let throttle = Throttle::new();
/// let endpoint = throttle.layer(endpoint_fn(async |_cx, accept: bool| match accept {
///     true => Ok(()),
///     false => Err(Refusal::of_kind(ErrorKind::ResourceExhausted, "come back later")),
/// }));
/// for _ in 0..20 {
///     endpoint.call(Context::new(), true).await.unwrap();
/// }
/// assert_eq!(throttle.refusing(), 0.0);
/// let mut refused = 0;
/// for _ in 0..1000 {
///     let error = endpoint.call(Context::new(), false).await.unwrap_err();
///     refused += u32::from(error.reason() == Reason::CircuitOpen);
/// }
/// assert!(refused > 500);
/// assert!(throttle.refusing() > 0.9);
/// # }
/// ```
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Throttle<C = ByKind> {
    shared: Arc<Shared<C>>,
}

struct Shared<C> {
    core: Core,
    classify: C,
}

impl Throttle {
    /// A throttle with the defaults.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A builder of a throttle.
    pub const fn builder() -> ThrottleBuilder {
        ThrottleBuilder {
            multiplier: 2.0,
            window: Duration::from_secs(10),
            grace: 10,
            classify: ByKind::new().failure(ErrorKind::ResourceExhausted),
        }
    }
}

impl Default for Throttle {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> Throttle<C> {
    /// How likely a call is refused, from 0 to 1, by what was last counted.
    #[must_use]
    pub fn refusing(&self) -> f64 {
        self.shared.core.refusing()
    }
}

/// Builds a [`Throttle`], made by [`Throttle::builder`].
///
/// ```
/// use std::time::Duration;
/// use oxkit_circuitbreaker::Throttle;
///
/// let throttle = Throttle::builder()
///     .multiplier(1.1)
///     .window(Duration::from_secs(30))
///     .build();
/// assert_eq!(throttle.refusing(), 0.0);
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use = "a builder does nothing until it builds"]
pub struct ThrottleBuilder<C = ByKind> {
    multiplier: f64,
    window: Duration,
    grace: u32,
    classify: C,
}

impl<C> ThrottleBuilder<C> {
    /// How many calls are sent for each that is accepted.
    ///
    /// Near 1 the endpoint is spared the most, and the recovery is noticed the slowest. Less than 1,
    /// and what is no number, is taken as 1.
    pub const fn multiplier(mut self, multiplier: f64) -> Self {
        self.multiplier = multiplier;
        self
    }

    /// How far back it looks, to a tenth of it. Zero remembers next to nothing, so let it be seconds.
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// How many calls of a window are let through whatever becomes of them, so that one failure
    /// after a quiet night refuses nothing.
    pub const fn grace(mut self, calls: u32) -> Self {
        self.grace = calls;
        self
    }

    /// Says which ends of a call are acceptance (success), which are rejection (failure), and which
    /// do not count.
    pub fn classify<D>(self, classify: D) -> ThrottleBuilder<D> {
        let Self { multiplier, window, grace, classify: _ } = self;
        ThrottleBuilder { multiplier, window, grace, classify }
    }

    /// The throttle.
    pub fn build(self) -> Throttle<C> {
        let chance = Chance::new(self.multiplier, self.grace);
        let core = Core::new(chance, self.window, Stripes::wanted(), now());
        Throttle { shared: Arc::new(Shared { core, classify: self.classify }) }
    }
}

impl<E: Endpoint, C: Classify<E>> Hook<E> for Throttle<C> {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        if self.shared.core.begin(now, random) {
            Ok(())
        } else {
            Err(Refusal::from(Refused::new(State::Open)).into())
        }
    }

    fn after(&self, (): (), outcome: Outcome<'_, E::Response, E::Error>) {
        self.shared.core.end(self.shared.classify.classify(outcome), now);
    }
}

impl<E, C> Layer<E> for Throttle<C> {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

impl<C> Clone for Throttle<C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<C> fmt::Debug for Throttle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle").field("refusing", &self.refusing()).finish_non_exhaustive()
    }
}
