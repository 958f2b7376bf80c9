//! Not beginning what cannot be done in time.

mod estimate;
mod recent;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, Hook, Hooked, Layer, Outcome, Reason, Refusal};

use crate::future::now;
use estimate::{End, Verdict};
use recent::Recent;

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
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Shed {
    expected: Expected,
}

#[derive(Debug, Clone)]
enum Expected {
    Fixed(Duration),
    Measured(Arc<Recent>),
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
        Self { expected: Expected::Fixed(expected) }
    }

    /// Refuses a call when less time is left than about half of the recent calls took.
    ///
    /// What is expected is an estimate of the *median*: a call is refused when it is more likely to
    /// miss its deadline than to meet it. The mean would let a few slow calls refuse many fast
    /// ones. The estimate moves by a sixteenth towards each call, longer or shorter, and never
    /// beyond it; the first call sets it. (The method is that of Ma, Muthukrishnan and Sandler,
    /// *Frugal Streaming for Estimating Quantiles*, 2013, with a step in proportion.)
    ///
    /// * Calls that were answered move it both ways. Those that failed or were given up may have
    ///   ended early, so they can only raise it.
    /// * Of the calls it would refuse every sixteenth is let through. If that one is answered
    ///   sooner than expected, the estimate drops to what it took: once the endpoint is fast again,
    ///   sixteen calls are enough to find out.
    ///
    /// Clones, and the endpoints made with them, share one estimate, so make one for each method.
    /// It costs two clock reads and one atomic update a call, and holds one word.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
    /// use std::time::Duration;
    /// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
    /// use oxkit_endpoint::Shed;
    /// use tokio::time::{Instant, sleep};
    ///
    /// let shed = Shed::adaptive();
    /// let endpoint = shed.layer(endpoint_fn(async |_cx, (): ()| {
    ///     sleep(Duration::from_millis(50)).await;
    ///     Ok::<_, Refusal>(())
    /// }));
    /// endpoint.call(Context::new(), ()).await.unwrap();
    /// assert_eq!(shed.expected(), Some(Duration::from_millis(50)));
    ///
    /// let deadline = Instant::now().into_std() + Duration::from_millis(10);
    /// let cx = Context::new().with_deadline(deadline);
    /// assert_eq!(endpoint.call(cx, ()).await.unwrap_err().reason(), Reason::Deadline);
    /// # }
    /// ```
    pub fn adaptive() -> Self {
        Self { expected: Expected::Measured(Arc::new(Recent::new())) }
    }

    /// How long a call is expected to take; `None` if it is measured and no call has ended yet.
    #[must_use]
    pub fn expected(&self) -> Option<Duration> {
        match &self.expected {
            Expected::Fixed(expected) => Some(*expected),
            Expected::Measured(recent) => recent.expected(),
        }
    }
}

impl<E> Layer<E> for Shed {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

/// A call that is measured.
#[derive(Debug)]
pub struct Measured {
    began: Instant,
    probe: bool,
}

impl<E: Endpoint> Hook<E> for Shed {
    type State = Option<Measured>;

    fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<Option<Measured>, E::Error> {
        let refused = || Err(Refusal::new(Reason::Deadline).into());
        match &self.expected {
            Expected::Fixed(expected) => {
                // Without a deadline the clock need not be read.
                if !cx.has_deadline() {
                    return Ok(None);
                }
                match cx.remaining(now()) {
                    Some(left) if left.is_zero() || left < *expected => refused(),
                    _ => Ok(None),
                }
            }
            Expected::Measured(recent) => {
                let began = now();
                let verdict = match cx.remaining(began) {
                    None => Verdict::Admit,
                    Some(Duration::ZERO) => return refused(),
                    Some(left) => recent.judge(left),
                };
                match verdict {
                    Verdict::Refuse => refused(),
                    Verdict::Admit => Ok(Some(Measured { began, probe: false })),
                    Verdict::Probe => Ok(Some(Measured { began, probe: true })),
                }
            }
        }
    }

    fn after(&self, state: Option<Measured>, outcome: Outcome<'_, E::Response, E::Error>) {
        if let (Some(call), Expected::Measured(recent)) = (state, &self.expected) {
            let end = match (outcome.is_response(), call.probe) {
                (true, true) => End::ProbeAnswered,
                (true, false) => End::Answered,
                (false, _) => End::Cut,
            };
            recent.observe(now().saturating_duration_since(call.began), end);
        }
    }
}
