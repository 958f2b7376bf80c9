//! Shedding against what calls took lately.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, Hook, Hooked, Layer, Outcome};

use super::{
    estimate::{End, Verdict},
    recent::Recent,
    refused,
};
use crate::future::now;

/// Refuses a call when less time is left than about half of the recent calls took. Made by
/// [`Shed::adaptive`](super::Shed::adaptive).
///
/// As with [`Shed`](super::Shed), a call without deadline is never refused, and one whose deadline
/// has passed always is.
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
#[derive(Debug, Clone)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct AdaptiveShed {
    recent: Arc<Recent>,
}

impl AdaptiveShed {
    pub(super) fn new() -> Self {
        Self { recent: Arc::new(Recent::new()) }
    }

    /// How long a call is expected to take; `None` if no call has ended yet.
    #[must_use]
    pub fn expected(&self) -> Option<Duration> {
        self.recent.expected()
    }
}

impl<E> Layer<E> for AdaptiveShed {
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

impl<E: Endpoint> Hook<E> for AdaptiveShed {
    type State = Measured;

    fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<Measured, E::Error> {
        let began = now();
        let verdict = match cx.remaining(began) {
            None => Verdict::Admit,
            Some(Duration::ZERO) => Verdict::Refuse,
            Some(left) => self.recent.judge(left),
        };
        match verdict {
            Verdict::Refuse => Err(refused().into()),
            Verdict::Admit => Ok(Measured { began, probe: false }),
            Verdict::Probe => Ok(Measured { began, probe: true }),
        }
    }

    fn after(&self, call: Measured, outcome: Outcome<'_, E::Response, E::Error>) {
        let end = match (outcome.is_response(), call.probe) {
            (true, true) => End::ProbeAnswered,
            (true, false) => End::Answered,
            (false, _) => End::Cut,
        };
        self.recent.observe(now().saturating_duration_since(call.began), end);
    }
}
