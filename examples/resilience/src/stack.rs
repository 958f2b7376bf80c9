//! The layers around the backend, as a service would write them.

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
    time::Duration,
};

use oxkit_circuitbreaker::{Breaker, Change, FailureRatio, Ratio};
use oxkit_core::{BoxEndpoint, Context, Endpoint, Layer, Refusal, endpoint_fn_with};
use oxkit_endpoint::Timeout;
use oxkit_ratelimit::{AdaptiveLimit, CriticalityShed, Gradient, KeyedLimiter, PerKey, Quota};

use crate::{backend::Backend, play::Caller};

/// How often one caller may call.
const QUOTA: Quota = Quota::per_second(NonZeroU32::new(200).expect("it is not zero"))
    .burst(NonZeroU32::new(20).expect("it is not zero"));

/// As many calls are let through however badly they fare: what is left of the limit after an
/// outage, from where it grows again.
const LEAST: NonZeroUsize = NonZeroUsize::new(5).expect("it is not zero");

/// The longest a call may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// The backend with its layers, and those of them that can be looked at.
pub(crate) struct Stack {
    pub(crate) endpoint: BoxEndpoint<Caller, (), Refusal>,
    pub(crate) limit: AdaptiveLimit<Gradient>,
    pub(crate) breaker: Breaker<FailureRatio>,
}

impl Stack {
    /// `on_change` is told when the breaker opens, probes or closes.
    pub(crate) fn new(
        backend: Arc<Backend>,
        on_change: impl Fn(&Change<'_>) + Send + Sync + 'static,
    ) -> Self {
        // So many calls a second for each caller: one that takes more does not take it from others.
        let quota = PerKey::new(KeyedLimiter::new(QUOTA), |_: &Context, caller: &Caller| *caller);

        // So many calls in flight as the backend answers quickly. The law finds out how many.
        let limit = AdaptiveLimit::new(Gradient::new().with_min(LEAST));

        // Before that limit is reached, what can wait makes room for what cannot.
        let shed = CriticalityShed::new({
            let limit = limit.clone();
            move || limit.utilisation()
        });

        // If half of the calls of the last five seconds failed, none for three seconds, then three
        // calls to find out.
        let policy = FailureRatio::over_time(Duration::from_secs(5), Ratio::percent(50));
        let breaker = Breaker::builder(policy.minimum_calls(20))
            .open_for(Duration::from_secs(3))
            .probes(3)
            .on_change(on_change)
            .build();

        let call = endpoint_fn_with(backend, async |backend: &Arc<Backend>, _cx, _: Caller| {
            backend.call().await
        });
        // A call passes them from left to right.
        let endpoint =
            (quota, shed, limit.clone(), breaker.clone(), Timeout::new(PATIENCE)).layer(call);
        Self { endpoint: endpoint.boxed(), limit, breaker }
    }
}
