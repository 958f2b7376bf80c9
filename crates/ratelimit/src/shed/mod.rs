//! Refusing what hurts least.

mod thresholds;

use std::{any::type_name, fmt};

use oxkit_core::{Context, Criticality, Endpoint, Gate, Gated, Layer, Reason, Refusal};

pub use thresholds::Thresholds;

/// Refuses the less critical calls while there is too much to do.
///
/// Each call has a [`Criticality`], which its context carries from where it started; without one it
/// is [`Critical`](Criticality::Critical). A function of yours says how much of the capacity is in
/// use, and each level is refused from its own [threshold](Thresholds) on, with
/// [`Reason::Overloaded`]. What is left is kept for those above. (Beyer et al., *Site Reliability
/// Engineering*, 2016, chapter 21.)
///
/// The function is asked on every call: let it read a gauge, such as
/// [`AdaptiveLimit::utilisation`](crate::AdaptiveLimit::utilisation) or the calls in flight over
/// what a concurrency limit allows. One that moves with each call makes for a smooth edge; a mean
/// over the last seconds makes all calls of a level come and go together.
///
/// Put it outside of the limit whose utilisation it asks for.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use oxkit_core::{Context, Criticality, Endpoint, Layer, Reason, Refusal, endpoint_fn};
/// use oxkit_ratelimit::{AdaptiveLimit, CriticalityShed, Gradient};
///
/// let limit = AdaptiveLimit::new(Gradient::new());
/// let shed = {
///     let limit = limit.clone();
///     CriticalityShed::new(move || limit.utilisation())
/// };
/// let endpoint = (shed, limit).layer(endpoint_fn(async |_cx, n: u8| Ok::<_, Refusal>(n)));
///
/// // 14 of 20 are in flight.
/// let busy: Vec<_> = (0..14).map(|n| endpoint.call(Context::new(), n)).collect();
/// let batch = Context::new().with(Criticality::Sheddable);
/// let refused = endpoint.call(batch, 1).await.unwrap_err();
/// assert_eq!(refused.reason(), Reason::Overloaded);
/// assert_eq!(endpoint.call(Context::new(), 2).await.unwrap(), 2);
/// # drop(busy);
/// # }
/// ```
#[derive(Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct CriticalityShed<U> {
    utilisation: U,
    thresholds: Thresholds,
}

impl<U: Fn() -> f64> CriticalityShed<U> {
    /// Goes by what `utilisation` says: 0 for idle, 1 for full, more for more than full. What is
    /// not a number refuses nothing.
    pub fn new(utilisation: U) -> Self {
        Self { utilisation, thresholds: Thresholds::default() }
    }
}

impl<U> CriticalityShed<U> {
    /// Goes by other thresholds than the default ones.
    pub fn with_thresholds(mut self, thresholds: Thresholds) -> Self {
        self.thresholds = thresholds;
        self
    }
}

impl<U: Clone, E> Layer<E> for CriticalityShed<U> {
    type Service = Gated<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Gated::new(self.clone(), inner)
    }
}

impl<U, E> Gate<E> for CriticalityShed<U>
where
    U: Fn() -> f64 + Send + Sync,
    E: Endpoint,
{
    fn admit(&self, cx: &Context, _: &E::Request) -> Result<(), E::Error> {
        if self.thresholds.refuses(Criticality::of(cx), (self.utilisation)()) {
            return Err(Refusal::new(Reason::Overloaded).into());
        }
        Ok(())
    }
}

impl<U> fmt::Debug for CriticalityShed<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CriticalityShed")
            .field("utilisation", &type_name::<U>())
            .field("thresholds", &self.thresholds)
            .finish()
    }
}
