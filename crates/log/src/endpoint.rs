//! One line for each call of an endpoint.

use std::{
    fmt,
    time::{Duration, Instant},
};

use oxkit_core::{
    Context, End, Endpoint, ErrorKind, Hook, Hooked, Layer, LooksAtResponse, OnlyErrors, Outcome,
    RequestId, ResponsesToo, SpanContext,
};

use crate::{Field, Level, Logger, Value, named::Named, record};

/// Logs one line for each call of an endpoint, when the call has ended. A layer.
///
/// | key | value | when |
/// |---|---|---|
/// | `service`, `method` | those of the context's operation | if it has one |
/// | `request_id` | the context's [`RequestId`] | if it has one |
/// | `trace_id`, `span_id` | those of the context's [`SpanContext`] | if it has one |
/// | `took` | since the request arrived, or since this layer saw it | always |
/// | `outcome` | `ok`, `error`, `business_error`, `panicked` or `cancelled` | always |
/// | `kind` | the [name](ErrorKind::name) of the error's kind | unless `ok` |
/// | `err` | the error with its sources | if there is one |
///
/// A call that went well is logged at info, a failure that is the serving side's fault
/// ([`ErrorKind::is_server_fault`]) at error, any other at warn. A call whose line does not pass
/// the logger's filter costs one clock read at most, none if the context has an
/// arrival. A line takes one more for the end, which a hook [beside](Hook::after_at) this one shares:
/// `hook((logging, measure))`. Writing the line allocates nothing, unless an error has sources.
///
/// A [`caller`](crate::caller) in the logger's context is null in these lines: no code of the
/// program logs them.
///
/// # Where to put it
///
/// Outermost, or just inside the panic boundary: then it sees what every other layer made of the
/// call. Only a layer that makes spans goes outside of it: then the line has the identifiers of this
/// call's span, and not those of the caller's. The sources of an error, which the caller never sees,
/// are in the line.
///
/// ```
/// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
/// use oxkit_log::{Lines, Logger, Logging, SyncWriter};
/// # fn at_once<F: Future>(f: F) -> F::Output {
/// #     let mut f = std::pin::pin!(f);
/// #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
/// #         std::task::Poll::Ready(out) => out,
/// #         std::task::Poll::Pending => panic!("pending"),
/// #     }
/// # }
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone()));
/// let endpoint = Logging::new(logger).layer(endpoint_fn(async |_cx, n: u8| {
///     if n == 0 { Err(Refusal::from(Reason::RateLimited)) } else { Ok(n) }
/// }));
///
/// at_once(endpoint.call(Context::new(), 1)).unwrap();
/// at_once(endpoint.call(Context::new(), 0)).unwrap_err();
///
/// let written = String::from_utf8(output.lock().clone()).unwrap();
/// let mut lines = written.lines();
/// assert!(lines.next().unwrap().ends_with("outcome=ok"));
/// assert!(lines.next().unwrap().ends_with(
///     "outcome=error kind=RESOURCE_EXHAUSTED err=\"rate limit exceeded\""
/// ));
/// ```
#[derive(Clone)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Logging<M = OnlyErrors> {
    logger: Logger,
    level: fn(Option<ErrorKind>) -> Level,
    /// Another clock than the system's, which is read once for all.
    clock: Option<fn() -> Instant>,
    responses: M,
    named: Named,
    /// Whether none of [`KEYS`] is in the logger's context, and nothing comes after them.
    is_clear: bool,
}

/// All that a line may have.
const KEYS: [&str; 10] = [
    "level",
    "service",
    "method",
    "request_id",
    "trace_id",
    "span_id",
    "took",
    "outcome",
    "kind",
    "err",
];

impl Logging {
    /// Logs to `logger`. A response is taken for a success, whatever it carries.
    pub fn new(logger: Logger) -> Self {
        Self {
            is_clear: logger.is_clear_of(&KEYS),
            logger,
            level: by_fault,
            clock: None,
            responses: OnlyErrors,
            named: Named::default(),
        }
    }

    /// Also looks for a business error in responses, for endpoints whose response
    /// [carries one](oxkit_core::CarriesFailure). Its outcome is `business_error`.
    pub fn with_business_errors(self) -> Logging<ResponsesToo> {
        Logging {
            logger: self.logger,
            level: self.level,
            clock: self.clock,
            responses: ResponsesToo,
            named: self.named,
            is_clear: self.is_clear,
        }
    }
}

impl<M> Logging<M> {
    /// Chooses the level by the kind of failure; `None` is a call that went well.
    pub fn with_levels(self, level: fn(Option<ErrorKind>) -> Level) -> Self {
        Self { level, ..self }
    }

    /// Reads the time elsewhere, for tests. It must be a clock that the context's
    /// [arrival](Context::arrival) was read from, too.
    pub fn with_clock(self, clock: fn() -> Instant) -> Self {
        Self { clock: Some(clock), ..self }
    }
}

fn by_fault(kind: Option<ErrorKind>) -> Level {
    match kind {
        None => Level::Info,
        Some(kind) if kind.is_server_fault() => Level::Error,
        Some(_) => Level::Warn,
    }
}

/// A call that [`Logging`] will log.
#[derive(Debug)]
pub struct Call {
    started: Instant,
    /// What else its line says; if there is none, no more than the operation that the layer keeps.
    // A reference count, where copying out what the line needs would be several.
    cx: Option<Context>,
}

/// How a call ended, as far as the line says.
struct Ended<'a> {
    outcome: &'static str,
    kind: Option<ErrorKind>,
    error: Option<Value<'a>>,
}

/// Pairs on the stack.
struct Pairs<'a> {
    pairs: [Field<'a>; 7],
    count: usize,
}

impl<'a> Pairs<'a> {
    fn add(&mut self, key: &'static str, value: impl Into<Value<'a>>) {
        self.pairs[self.count] = (key, value.into());
        self.count += 1;
    }
}

impl<M> Logging<M> {
    fn took(&self, call: &Call, end: &End) -> Duration {
        match self.clock {
            None => end.since(call.started),
            Some(now) => now().saturating_duration_since(call.started),
        }
    }

    /// The line of a call that went well.
    fn ok(&self, call: &Call, end: &End) {
        if call.cx.is_some() || !self.is_clear {
            return self.line(call, &Ended { outcome: "ok", kind: None, error: None }, end);
        }
        // Most lines: but for the time all of it was encoded before.
        let level = (self.level)(None);
        if self.logger.enabled(level) {
            let took = self.took(call, end);
            self.logger.count(&self.logger.send_whole(level, self.named.ok(), took));
        }
    }

    #[inline(never)]
    fn line(&self, call: &Call, ended: &Ended<'_>, end: &End) {
        let level = (self.level)(ended.kind);
        if !self.logger.enabled(level) {
            return;
        }
        let took = self.took(call, end);
        let cx = call.cx.as_ref();
        let span = cx.and_then(Context::get::<SpanContext>);
        let span = span.map(|span| (span.trace_id(), span.span_id()));
        let id = cx.and_then(Context::get::<RequestId>);
        let mut line = Pairs { pairs: [("", Value::Null); 7], count: 0 };
        if let Some(id) = id {
            line.add("request_id", id);
        }
        if let Some((trace, span)) = &span {
            line.add("trace_id", Value::Display(trace));
            line.add("span_id", Value::Display(span));
        }
        line.add("took", took);
        line.add("outcome", ended.outcome);
        if let Some(kind) = &ended.kind {
            line.add("kind", kind);
        }
        if let Some(error) = ended.error {
            line.add("err", error);
        }
        self.send(level, cx, &line.pairs[..line.count]);
    }

    /// Puts the operation before the pairs.
    fn send(&self, level: Level, cx: Option<&Context>, pairs: &[Field<'_>]) {
        let operation = cx.and_then(Context::operation);
        let is_kept = cx.is_none() || operation.is_some_and(|it| self.named.is(it, &self.logger));
        let scope = if is_kept { self.named.names() } else { &[] };
        let other = operation.filter(|_| !is_kept).map(|operation| {
            [("service", operation.service().into()), ("method", operation.method().into())]
        });
        let lead = other.as_ref().map_or(&[][..], |pairs| &pairs[..]);
        // No place in the code: the one of this line would be the same for every call.
        let call = record::Call::Pairs(pairs);
        self.logger.count(&self.logger.send(Some(level), None, lead, scope, call));
    }
}

impl<E, M: Clone> Layer<E> for Logging<M> {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

impl<E, M> Hook<E> for Logging<M>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    type State = Call;

    #[inline]
    fn before(&self, cx: &mut Context, _: &mut E::Request) -> Result<Call, E::Error> {
        let started = cx.arrival().unwrap_or_else(self.clock.unwrap_or(Instant::now));
        // Looking costs less than counting references, and most have no identifiers.
        let is_kept =
            cx.operation().is_some_and(|operation| self.named.is(operation, &self.logger))
                && cx.get::<RequestId>().is_none()
                && cx.get::<SpanContext>().is_none();
        Ok(Call { started, cx: (!is_kept).then(|| cx.clone()) })
    }

    #[inline]
    fn after(&self, call: Call, outcome: Outcome<'_, E::Response, E::Error>) {
        Hook::<E>::after_at(self, call, outcome, &End::new());
    }

    #[inline]
    fn after_at(&self, call: Call, outcome: Outcome<'_, E::Response, E::Error>, end: &End) {
        let (outcome, kind, error) = match outcome {
            Outcome::Response(response) => match self.responses.failure(response) {
                None => return self.ok(&call, end),
                Some(failure) => {
                    ("business_error", Some(failure.kind()), Some(Value::error(failure)))
                }
            },
            Outcome::Failure(error) => ("error", outcome.kind(), Some(Value::error(error))),
            Outcome::Panicked => ("panicked", outcome.kind(), None),
            Outcome::Dropped => ("cancelled", outcome.kind(), None),
            // A way to end that core has and this crate does not know yet.
            _ => ("unknown", outcome.kind(), None),
        };
        self.line(&call, &Ended { outcome, kind, error }, end);
    }
}

impl<M: fmt::Debug> fmt::Debug for Logging<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logging")
            .field("logger", &self.logger)
            .field("responses", &self.responses)
            .finish_non_exhaustive()
    }
}
