//! A limit on the calls in flight that finds its own height.

mod aimd;
mod gradient;
mod law;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError, TryLockError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use oxkit_core::{
    Context, Endpoint, ErrorKind, Failure, Hook, Hooked, Layer, Outcome, Reason, Refusal,
};

use crate::time::now;
pub use aimd::Aimd;
pub use gradient::Gradient;
pub use law::{LimitLaw, Sample};

/// Limits the calls in flight, by a limit that follows how they fare.
///
/// A fixed limit is wrong as soon as the other side gets slower, faster or more. This one is moved
/// by a [law](LimitLaw) after each call: [`Gradient`] shrinks it when calls get slow, [`Aimd`] when
/// they fail. A call beyond the limit is refused at once with [`Reason::Overloaded`].
///
/// Clones and all endpoints made with them share the one limit.
///
/// # What a call tells
///
/// | it ended with | the law is told |
/// |---|---|
/// | a response | it was answered, after so long |
/// | [`DeadlineExceeded`](ErrorKind::DeadlineExceeded), [`Unavailable`](ErrorKind::Unavailable), [`ResourceExhausted`](ErrorKind::ResourceExhausted) | it met overload |
/// | a refusal of a layer further in, for [`CircuitOpen`](Reason::CircuitOpen), [`RateLimited`](Reason::RateLimited), [`NoInstance`](Reason::NoInstance), [`ShuttingDown`](Reason::ShuttingDown) | nothing: it never came to where the load is |
/// | another error | nothing: a quick failure is no sign of speed |
/// | a panic, or its future was dropped | nothing |
///
/// A refusal is told by [`Failure::refused_for`], which an error type with a transparent variant
/// for refusals has to implement.
///
/// Put it outside of a timeout, so that it sees calls that ran into theirs. It reads the clock
/// twice a call.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::num::NonZeroUsize;
/// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
/// use oxkit_ratelimit::{AdaptiveLimit, Gradient};
///
/// let limit = AdaptiveLimit::new(Gradient::starting_at(NonZeroUsize::MIN));
/// let endpoint = limit.layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
///
/// let first = endpoint.call(Context::new(), 1);
/// let second = endpoint.call(Context::new(), 2).await;
/// assert_eq!(second.unwrap_err().reason(), Reason::Overloaded);
/// assert_eq!(first.await.unwrap(), 1);
/// assert_eq!(limit.in_flight(), 0);
/// # }
/// ```
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct AdaptiveLimit<L> {
    shared: Arc<Shared<L>>,
}

struct Shared<L> {
    /// What the law says, where every call can read it.
    limit: AtomicUsize,
    in_flight: AtomicUsize,
    law: Mutex<L>,
}

impl<L: LimitLaw> AdaptiveLimit<L> {
    /// A limit that follows `law`.
    pub fn new(law: L) -> Self {
        Self {
            shared: Arc::new(Shared {
                limit: AtomicUsize::new(law.limit().max(1)),
                in_flight: AtomicUsize::new(0),
                law: Mutex::new(law),
            }),
        }
    }
}

impl<L> AdaptiveLimit<L> {
    /// How many calls may be in flight now.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.shared.limit.load(Relaxed)
    }

    /// How many calls are in flight now. More than the limit just after it shrank.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight.load(Relaxed)
    }

    /// How much of the limit is in use: 0 for nothing, 1 for all, more just after it shrank.
    ///
    /// What [`CriticalityShed`](crate::CriticalityShed) asks for.
    #[must_use]
    pub fn utilisation(&self) -> f64 {
        self.in_flight() as f64 / self.limit() as f64
    }
}

impl<L: LimitLaw> Shared<L> {
    fn enter(&self) -> Option<usize> {
        let limit = self.limit.load(Relaxed);
        let before = self
            .in_flight
            .fetch_update(Relaxed, Relaxed, |taken| (taken < limit).then_some(taken + 1));
        before.ok().map(|before| before + 1)
    }

    fn learn(&self, sample: Sample) {
        let law = if sample.overloaded {
            self.law.lock().unwrap_or_else(PoisonError::into_inner)
        } else {
            // A law wants many samples, not each: where two meet, one goes. Nobody waits for it.
            match self.law.try_lock() {
                Ok(law) => law,
                Err(TryLockError::Poisoned(law)) => law.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            }
        };
        let mut law = law;
        law.observe(sample);
        self.limit.store(law.limit().max(1), Relaxed);
    }
}

/// A call in flight.
#[derive(Debug)]
pub struct InFlight {
    began: Instant,
    in_flight: usize,
}

impl<L: LimitLaw, E: Endpoint> Hook<E> for AdaptiveLimit<L> {
    type State = InFlight;

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<InFlight, E::Error> {
        match self.shared.enter() {
            Some(in_flight) => Ok(InFlight { began: now(), in_flight }),
            None => Err(Refusal::new(Reason::Overloaded).into()),
        }
    }

    fn after(&self, call: InFlight, outcome: Outcome<'_, E::Response, E::Error>) {
        self.shared.in_flight.fetch_sub(1, Relaxed);
        let told = match outcome {
            Outcome::Response(_) => Sample::answered,
            Outcome::Failure(error) if is_overload(error) => Sample::overloaded,
            _ => return,
        };
        let took = now().saturating_duration_since(call.began);
        self.shared.learn(told(call.began, took, call.in_flight));
    }
}

fn is_overload(error: &impl Failure) -> bool {
    match error.kind() {
        ErrorKind::DeadlineExceeded => true,
        // What the layers between here and the backend kept to themselves is no load on it. Were an
        // open breaker taken for overload, an outage would leave the limit at its least.
        ErrorKind::Unavailable | ErrorKind::ResourceExhausted => !matches!(
            error.refused_for(),
            Some(
                Reason::CircuitOpen
                    | Reason::RateLimited
                    | Reason::NoInstance
                    | Reason::ShuttingDown
            )
        ),
        _ => false,
    }
}

impl<L, E> Layer<E> for AdaptiveLimit<L> {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

impl<L> Clone for AdaptiveLimit<L> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<L> fmt::Debug for AdaptiveLimit<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdaptiveLimit")
            .field("limit", &self.limit())
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
