//! What goes around the endpoints that are served.

use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use oxkit_circuitbreaker::{Breaker, ByKind, Change, ConsecutiveFailures, State};
use oxkit_core::{
    CarriesFailure, Context, Endpoint, ErrorKind, Hook, Layer, Operation, Outcome, Refusal, hook,
};
use oxkit_endpoint::{CatchPanic, Timeout};
use oxkit_log::{Logger, Logging, ResponsesToo, warn};
use oxkit_metrics::{Measure, MetricError, Registry};
use oxkit_ratelimit::{Allow, ErroringLimiter, RateLimiter};
use oxkit_tracing::Spans;

use super::{Answer, Endpoints, Limit, Limits, Method, concat, operation, sum};
use crate::service::{AddError, AddService};

/// What goes around the endpoints that are served, from the outside in:
///
/// 1. the name of the operation, the same on every transport;
/// 2. a span, so that all the others know the trace;
/// 3. a line in the log, and the usual metrics, which see what all the others make of the call;
/// 4. a panic boundary;
/// 5. a limit on the rate: what is refused costs nothing more, and is no failure of the endpoint;
/// 6. a circuit breaker, inside of the limit. Around it, as in Go kit's addsvc, six calls that the
///    limit refuses would open it;
/// 7. a timeout, which the breaker sees.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use addsvc::{AddService, Basic, Serving};
/// use oxkit_core::{Context, ErrorKind, Failure};
/// use oxkit_log::{Discard, Logger};
/// use oxkit_metrics::Registry;
///
/// let serving = Serving::new(Logger::new(Discard), &Registry::new())?;
/// let service = serving.endpoints(&Arc::new(Basic))?;
/// assert_eq!(service.sum(Context::new(), 1, 2).await?, 3);
/// let error = service.sum(Context::new(), 1, 2).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::ResourceExhausted, "one a second is the default");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it is put around endpoints by `endpoints`"]
pub struct Serving {
    logger: Logger,
    registry: Registry,
    measure: Measure<ResponsesToo>,
    spans: Spans<ResponsesToo>,
    limits: Limits,
    timeout: Duration,
}

impl Serving {
    /// Logs to `logger` and measures into `registry`, with the [default limits](Limits) and a
    /// timeout of two seconds.
    ///
    /// # Errors
    ///
    /// One of the names of the metrics is taken.
    pub fn new(logger: Logger, registry: &Registry) -> Result<Self, MetricError> {
        Ok(Self {
            logger,
            registry: registry.clone(),
            measure: Measure::new(registry)?.with_business_errors(),
            spans: traced(Spans::server()),
            limits: Limits::default(),
            timeout: Duration::from_secs(2),
        })
    }

    /// How often each method may be called.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How long a call may take.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Makes spans in another way, such as with the identifiers of OpenTelemetry.
    pub fn spans(mut self, spans: Spans) -> Self {
        self.spans = traced(spans);
        self
    }

    /// The methods of `service`, with all of it around each. Every transport is to serve clones of
    /// these, so that a limit is one for all of them.
    ///
    /// # Errors
    ///
    /// One of the names of the metrics is taken.
    pub fn endpoints<S: AddService>(&self, service: &Arc<S>) -> Result<Endpoints, MetricError> {
        let (of_sum, of_concat) = (self.limits.sum, self.limits.concat);
        Ok(Endpoints {
            sum: self.around(operation::SUM.clone(), of_sum, sum(Arc::clone(service)))?,
            concat: self.around(
                operation::CONCAT.clone(),
                of_concat,
                concat(Arc::clone(service)),
            )?,
        })
    }

    fn around<E, T>(
        &self,
        operation: Operation,
        limit: Option<Limit>,
        endpoint: E,
    ) -> Result<Method<E::Request, T>, MetricError>
    where
        E: Endpoint<Response = Answer<T>, Error = AddError> + 'static,
        E::Request: 'static,
        T: Send + 'static,
    {
        let inside = (
            CatchPanic::new(),
            // Both count from when the transport read the clock, which saves reading it again.
            ErroringLimiter::new(Limiter(limit.map(Limit::limiter))).charged_at_arrival(),
            self.breaker(&operation)?,
            Timeout::new(self.timeout).counted_from_arrival(),
        );
        Ok(self.watched(operation, inside.layer(endpoint)).boxed())
    }

    /// With what only looks on around `endpoint`.
    pub(crate) fn watched<E>(
        &self,
        operation: Operation,
        endpoint: E,
    ) -> impl Endpoint<Request = E::Request, Response = E::Response, Error = E::Error> + use<E>
    where
        E: Endpoint<Response: CarriesFailure>,
    {
        let outside = (
            hook(Named(operation.clone())),
            self.spans.clone(),
            // Two that tell how long the call took, by one look at the clock.
            hook((
                Logging::new(self.logger.clone()).with_business_errors(),
                self.measure.for_operation(operation),
            )),
        );
        outside.layer(endpoint)
    }

    /// Opens at six failures in a row, as Go kit's does.
    fn breaker(&self, operation: &Operation) -> Result<Breaker<ConsecutiveFailures>, MetricError> {
        let name = operation.method();
        // The names that the dashboard and the alerts in the folder `monitoring` know.
        let changes = self.registry.counter_family(
            "circuitbreaker_changes_total",
            "How often a breaker went to a state.",
            ["name", "to"],
        )?;
        let state = self.registry.gauge_family(
            "circuitbreaker_state",
            "0 closed, 1 half-open, 2 open.",
            ["name"],
        )?;
        let (state, logger) = (state.with([name]), self.logger.clone());
        state.set(0.0);
        let told = move |change: &Change<'_>| {
            let name = change.name.unwrap_or_default();
            changes.with([name, change.to.name()]).increment();
            state.set(match change.to {
                State::Open | State::ForcedOpen => 2.0,
                State::HalfOpen => 1.0,
                _ => 0.0,
            });
            warn!(logger, "circuit breaker", name, from = %change.from, to = %change.to);
        };
        Ok(Breaker::builder(ConsecutiveFailures::default())
            .name(name)
            // An overflow would not count of itself: it is a fault of the request.
            .classify(ByKind::new().failure(ErrorKind::OutOfRange))
            .on_change(told)
            .build())
    }
}

fn traced(spans: Spans) -> Spans<ResponsesToo> {
    spans.with_business_errors().ignore_business_errors()
}

/// Says which operation the call is for, in the program's words in place of the transport's.
#[derive(Clone)]
struct Named(Operation);

impl<E: Endpoint> Hook<E> for Named {
    type State = ();

    fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        if cx.operation() != Some(&self.0) {
            *cx = mem::take(cx).with_operation(self.0.clone());
        }
        Ok(())
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {}
}

/// A limit, or none.
#[derive(Clone)]
struct Limiter(Option<RateLimiter>);

impl Allow for Limiter {
    fn allow(&self) -> Result<(), Refusal> {
        self.0.as_ref().map_or(Ok(()), Allow::allow)
    }

    fn allow_arrived(&self, arrival: Instant) -> Result<(), Refusal> {
        self.0.as_ref().map_or(Ok(()), |limiter| limiter.allow_arrived(arrival))
    }
}
