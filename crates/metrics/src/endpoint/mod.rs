//! The usual numbers for each endpoint: requests, errors, duration, calls in flight.

mod families;
mod handles;

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Instant,
};

use oxkit_core::{Context, End, Endpoint, Hook, Hooked, Layer, Operation, Outcome};

use crate::{Buckets, MetricError, Registry};
use families::Families;
use handles::{Error, Handles};
pub use oxkit_core::{LooksAtResponse, OnlyErrors, ResponsesToo};

/// Measures every call of an endpoint: how many, how many failed and of what, how long they took,
/// how many are in flight. A [`Layer`], and a [`Hook`].
///
/// | metric | kind | labels |
/// |---|---|---|
/// | `endpoint_requests_total` | counter, when a call begins | `service`, `method` |
/// | `endpoint_errors_total` | counter, when a call ended other than well | and `outcome`, `kind` |
/// | `endpoint_duration_seconds` | histogram, when a call ended in any way | `service`, `method` |
/// | `endpoint_in_flight` | up-down counter | `service`, `method` |
///
/// `outcome` is `error`, `business_error`, `panicked` or `cancelled`, and `kind` the
/// [name](oxkit_core::ErrorKind::name) of the error's kind: `INTERNAL` after a panic, `CANCELLED`
/// for a call whose future was dropped. A series of errors is there from its first error on.
///
/// A call takes two clock reads, one if the context knows when the request
/// [arrived](Context::arrival), which a hook [beside](Hook::after_at) this one shares:
/// `hook((logging, measure))`; and five writes to memory that no other thread writes to. Labels are
/// resolved once.
///
/// # Which operation
///
/// The one given to [`for_operation`](Self::for_operation), else that of the call's context, else
/// `unknown`. Each endpoint that the layer is applied to keeps the series of the first operation it
/// sees; one that serves several operations looks the others up.
///
/// # Where to put it
///
/// Outermost, or just inside the panic boundary, so that it sees what all other layers made of the
/// call: refusals by a limiter or a breaker are errors to whoever called.
///
/// ```
/// use oxkit_core::{Context, Endpoint, Layer, Operation, Reason, Refusal, endpoint_fn};
/// use oxkit_metrics::{Measure, Registry};
/// # fn at_once<F: Future>(f: F) -> F::Output {
/// #     let mut f = std::pin::pin!(f);
/// #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
/// #         std::task::Poll::Ready(out) => out,
/// #         std::task::Poll::Pending => panic!("pending"),
/// #     }
/// # }
///
/// let registry = Registry::new();
/// let measure = Measure::new(&registry)?;
///
/// let count = endpoint_fn(async |_cx, n: u8| {
///     if n == 0 { Err(Refusal::from(Reason::RateLimited)) } else { Ok(n) }
/// });
/// let count = measure.for_operation(Operation::new("stringsvc", "Count")).layer(count);
///
/// at_once(count.call(Context::new(), 1)).unwrap();
/// at_once(count.call(Context::new(), 0)).unwrap_err();
///
/// let seen = registry.snapshot();
/// let labels = [("service", "stringsvc"), ("method", "Count")];
/// assert_eq!(seen.number("endpoint_requests_total", &labels), Some(2.0));
/// assert_eq!(seen.distribution("endpoint_duration_seconds", &labels).map(|d| d.count()), Some(2));
///
/// let labels = [labels[0], labels[1], ("outcome", "error"), ("kind", "RESOURCE_EXHAUSTED")];
/// assert_eq!(seen.number("endpoint_errors_total", &labels), Some(1.0));
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Measure<M = OnlyErrors> {
    families: Arc<Families>,
    operation: Option<Operation>,
    /// The series of `operation`, or else of the operation that was seen first.
    resolved: OnceLock<(Option<Operation>, Handles)>,
    /// Another clock than the system's, which is read once for all.
    clock: Option<fn() -> Instant>,
    responses: M,
}

impl Measure {
    /// Measures into `registry`, under the names above, with the
    /// [default buckets](Buckets::default).
    ///
    /// # Errors
    ///
    /// One of the names is taken by another metric, or refused by a backend.
    pub fn new(registry: &Registry) -> Result<Self, MetricError> {
        Self::prefixed(registry, "endpoint", Buckets::default())
    }

    /// As [`new`](Self::new), with another word than `endpoint` for the names to begin with and
    /// other buckets, in seconds. So a program tells what it is asked (`server`) from what it asks
    /// (`client`). An empty one is none: `requests_total`.
    ///
    /// # Errors
    ///
    /// `prefix` is not valid in a name, one of the names is taken by another metric, or refused by
    /// a backend.
    pub fn prefixed(
        registry: &Registry,
        prefix: &str,
        buckets: Buckets,
    ) -> Result<Self, MetricError> {
        Ok(Self {
            families: Arc::new(Families::new(registry, prefix, buckets)?),
            operation: None,
            resolved: OnceLock::new(),
            clock: None,
            responses: OnlyErrors,
        })
    }

    /// Also looks for a business error in responses, for endpoints whose response
    /// [carries one](oxkit_core::CarriesFailure). Its outcome is `business_error`.
    pub fn with_business_errors(self) -> Measure<ResponsesToo> {
        Measure {
            families: self.families,
            operation: self.operation,
            resolved: self.resolved,
            clock: self.clock,
            responses: ResponsesToo,
        }
    }
}

impl<M: Clone> Measure<M> {
    /// The same for one operation, whatever the contexts of its calls say. Its series are there from
    /// now on, at 0.
    pub fn for_operation(&self, operation: Operation) -> Self {
        let handles = self.families.resolve(Some(&operation));
        Self {
            families: self.families.clone(),
            operation: Some(operation.clone()),
            resolved: OnceLock::from((Some(operation), handles)),
            clock: self.clock,
            responses: self.responses.clone(),
        }
    }
}

impl<M> Measure<M> {
    /// Reads the time elsewhere, for tests. It must be a clock that the context's
    /// [arrival](Context::arrival) was read from, too.
    pub fn with_clock(self, clock: fn() -> Instant) -> Self {
        Self { clock: Some(clock), ..self }
    }

    /// The series that this hook keeps: of its operation, or else of the first that it sees.
    fn kept(&self, cx: Option<&Context>) -> &(Option<Operation>, Handles) {
        self.resolved.get_or_init(|| {
            let operation = self.operation.as_ref().or_else(|| cx?.operation());
            (operation.cloned(), self.families.resolve(operation))
        })
    }

    /// The series for a call: none if they are those that this hook keeps.
    fn others(&self, cx: &Context) -> Option<Arc<Handles>> {
        if self.operation.is_some() {
            return None;
        }
        let operation = cx.operation();
        if self.kept(Some(cx)).0.as_ref() == operation {
            return None;
        }
        Some(self.families.look_up(operation))
    }

    fn handles<'a>(&'a self, others: &'a Option<Arc<Handles>>) -> &'a Handles {
        match others {
            Some(others) => others,
            None => &self.kept(None).1,
        }
    }
}

/// Each endpoint that a layer is applied to gets a clone, and sees its own first operation.
impl<M: Clone> Clone for Measure<M> {
    fn clone(&self) -> Self {
        if let Some(operation) = &self.operation {
            return self.for_operation(operation.clone());
        }
        Self {
            families: self.families.clone(),
            operation: None,
            resolved: OnceLock::new(),
            clock: self.clock,
            responses: self.responses.clone(),
        }
    }
}

impl<M: fmt::Debug> fmt::Debug for Measure<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Measure")
            .field("operation", &self.operation)
            .field("responses", &self.responses)
            .finish_non_exhaustive()
    }
}

/// A call that a [`Measure`] measures.
#[derive(Debug)]
pub struct Call {
    started: Instant,
    others: Option<Arc<Handles>>,
}

impl<E, M: Clone> Layer<E> for Measure<M> {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

impl<E, M> Hook<E> for Measure<M>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    type State = Call;

    #[inline]
    fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<Call, E::Error> {
        let started = cx.arrival().unwrap_or_else(self.clock.unwrap_or(Instant::now));
        let others = self.others(cx);
        let handles = self.handles(&others);
        handles.requests.increment();
        handles.in_flight.increment();
        Ok(Call { started, others })
    }

    #[inline]
    fn after(&self, call: Call, outcome: Outcome<'_, E::Response, E::Error>) {
        Hook::<E>::after_at(self, call, outcome, &End::new());
    }

    #[inline]
    fn after_at(&self, call: Call, outcome: Outcome<'_, E::Response, E::Error>, end: &End) {
        let handles = self.handles(&call.others);
        handles.in_flight.decrement();
        let took = match self.clock {
            None => end.since(call.started),
            Some(now) => now().saturating_duration_since(call.started),
        };
        handles.duration.observe_duration(took);
        let error = match (outcome, outcome.kind()) {
            (Outcome::Response(response), _) => match self.responses.failure(response) {
                Some(failure) => Error::Business(failure.kind()),
                None => return,
            },
            (Outcome::Panicked, _) => Error::Panicked,
            (Outcome::Dropped, _) => Error::Cancelled,
            (_, Some(kind)) => Error::Failure(kind),
            // A way to end that core has and this crate does not know yet, and no failure.
            _ => return,
        };
        self.families.error(handles, error).increment();
    }
}
