//! A span for each call of an endpoint.

mod end;
mod future;
mod kind;
mod site;
mod start;

use std::{fmt, sync::Arc};

use oxkit_core::{Context, Endpoint, Layer, LooksAtResponse, OnlyErrors, Operation, ResponsesToo};
use tracing::Span;

use crate::{Always, Identify, ParentBased, RandomIds, Sampler};
pub use future::SpansFuture;
pub use kind::Kind;
use site::Site;

const TRACE_ID: &str = "trace_id";
const SPAN_ID: &str = "span_id";

/// Makes a span of each call of an endpoint. A layer.
///
/// The span is one of [`tracing`], entered while the call's future is polled and at no other time:
/// what is logged meanwhile is in it, spans made by hand nest in it, and two calls on one thread
/// never mix. Its [`SpanContext`](oxkit_core::SpanContext) is put into the context, where calls to
/// other services and log lines find it. It ends with the call, in whatever way that ends.
///
/// | field | value | when |
/// |---|---|---|
/// | `otel.name` | `service/method`, of the operation | there is one |
/// | `otel.kind` | the kind, such as `server`, which is also the name of the span | |
/// | `rpc.system.name` | that of [`system`](Self::system) | it was said |
/// | `rpc.service` | the service | there is an operation |
/// | `rpc.method` | `service/method` | there is an operation |
/// | `trace_id`, `span_id` | the identifiers, unless [not wanted](Self::without_id_fields) | |
/// | `outcome` | `ok`, `error`, `business_error`, `panicked` or `cancelled` | at the end |
/// | `rpc.response.status_code` | `OK`, or the [name](oxkit_core::ErrorKind::name) of the error's kind | at the end |
/// | `error.type` | that name | the span failed |
/// | `otel.status_code` | `ERROR` | the span failed |
/// | `otel.status_description` | the error with its sources | the span failed |
///
/// The names are those of the [semantic conventions] for RPC; `rpc.service` is of an earlier
/// version, and what groups by it still works. A refusal by a layer inside is an error as any other.
/// A call that is served [failed](oxkit_core::ErrorKind::is_server_fault) if the fault is the
/// server's, a call that is made failed with any error.
///
/// [semantic conventions]: https://opentelemetry.io/docs/specs/semconv/rpc/rpc-spans/
///
/// # Which calls
///
/// Those that a subscriber listens to, at level info and the target `oxkit_tracing`, and that the
/// [`Sampler`] wants: by default all, unless the caller decided otherwise. For any other there is
/// no span and no allocation. If the sampler said no, the context says so, and neither calls to
/// other services nor spans inside are asked again.
///
/// # Retries
///
/// Around a layer that makes several attempts goes one of kind [`internal`](Self::internal), and
/// inside of it one of kind [`client`](Self::client): the call is one span, and each attempt a child
/// of it with its own end.
///
/// ```
/// use oxkit_core::{Context, Endpoint, Layer, Operation, Refusal, SpanContext, endpoint_fn};
/// use oxkit_tracing::Spans;
/// use tracing_subscriber::registry;
/// # fn at_once<F: Future>(f: F) -> F::Output {
/// #     let mut f = std::pin::pin!(f);
/// #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
/// #         std::task::Poll::Ready(out) => out,
/// #         std::task::Poll::Pending => panic!("pending"),
/// #     }
/// # }
///
/// let add = endpoint_fn(async |cx: Context, (): ()| {
///     Ok::<_, Refusal>(cx.get::<SpanContext>().cloned())
/// });
/// let add = Spans::server().for_operation(Operation::new("todosvc", "Add")).layer(add);
///
/// // Nobody listens: nothing happens.
/// assert_eq!(at_once(add.call(Context::new(), ())).unwrap(), None);
///
/// let span = tracing::subscriber::with_default(registry(), || {
///     at_once(add.call(Context::new(), ())).unwrap()
/// });
/// assert!(span.unwrap().is_sampled());
/// ```
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct Spans<M = OnlyErrors> {
    settings: Arc<Settings>,
    operation: Option<Operation>,
    responses: M,
}

/// Cloned only while a layer is configured.
#[derive(Clone)]
struct Settings {
    site: Site,
    sampler: Arc<dyn Sampler>,
    identify: Arc<dyn Identify>,
    /// What `identify` says, so that it need not be asked for each call.
    knows_others: bool,
    make: Option<Arc<Make>>,
    system: Option<Arc<str>>,
    is_public: bool,
    records_ids: bool,
    ignores_business_errors: bool,
}

type Make = dyn Fn(&Context) -> Span + Send + Sync;

impl Spans {
    /// Spans of requests that are served.
    pub fn server() -> Self {
        Self::of_kind(Kind::Server)
    }

    /// Spans of calls to other services, each of them one attempt.
    pub fn client() -> Self {
        Self::of_kind(Kind::Client)
    }

    /// Spans of work inside of a service, such as a call with all its attempts.
    pub fn internal() -> Self {
        Self::of_kind(Kind::Internal)
    }

    /// Spans of this kind.
    pub fn of_kind(kind: Kind) -> Self {
        Self {
            settings: Arc::new(Settings {
                site: Site::of(kind),
                sampler: Arc::new(ParentBased::new(Always)),
                identify: Arc::new(RandomIds),
                knows_others: false,
                make: None,
                system: None,
                is_public: false,
                records_ids: true,
                ignores_business_errors: false,
            }),
            operation: None,
            responses: OnlyErrors,
        }
    }

    /// Also looks for a business error in responses, for endpoints whose response
    /// [carries one](oxkit_core::CarriesFailure). Its outcome is `business_error`, and it makes the
    /// span fail as another error would, unless that is
    /// [ignored](Spans::ignore_business_errors).
    pub fn with_business_errors(self) -> Spans<ResponsesToo> {
        Spans { settings: self.settings, operation: self.operation, responses: ResponsesToo }
    }
}

impl Spans<ResponsesToo> {
    /// Says that there was a business error, and does not take the span for one that failed.
    pub fn ignore_business_errors(self) -> Self {
        self.set(|settings| settings.ignores_business_errors = true)
    }
}

impl<M> Spans<M> {
    fn set(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        change(Arc::make_mut(&mut self.settings));
        self
    }

    /// Decides by `sampler` which calls are recorded.
    ///
    /// One that should honour what the caller decided is [`ParentBased`].
    ///
    /// ```
    /// use oxkit_tracing::{ParentBased, Ratio, Spans};
    ///
    /// let spans = Spans::server().sampled_by(ParentBased::new(Ratio::new(0.01)?));
    /// # Ok::<_, oxkit_tracing::NotARatio>(())
    /// ```
    pub fn sampled_by(self, sampler: impl Sampler + 'static) -> Self {
        self.set(|settings| settings.sampler = Arc::new(sampler))
    }

    /// Has spans identified by another system, such as
    #[cfg_attr(feature = "otel", doc = "[OpenTelemetry](crate::Otel).")]
    #[cfg_attr(not(feature = "otel"), doc = "OpenTelemetry.")]
    pub fn identified_by(self, identify: impl Identify + 'static) -> Self {
        self.set(|settings| {
            settings.knows_others = identify.knows_others();
            settings.identify = Arc::new(identify);
        })
    }

    /// Begins a trace with each request that comes from another process, whatever that says: for
    /// services that strangers call. Their span is linked, where spans are
    /// [identified](Self::identified_by) by a system that has links.
    pub fn public(self) -> Self {
        self.set(|settings| settings.is_public = true)
    }

    /// Says by what system calls are made, such as `grpc` or `jsonrpc`.
    pub fn system(self, name: impl Into<Arc<str>>) -> Self {
        let name = name.into();
        self.set(|settings| settings.system = Some(name))
    }

    /// Leaves the fields `trace_id` and `span_id` out: for a program whose logs have the identifiers
    /// from elsewhere, so that spans need not carry them twice.
    pub fn without_id_fields(self) -> Self {
        self.set(|settings| settings.records_ids = false)
    }

    /// Makes spans in the program's own way: of another name or level, with more fields.
    ///
    /// Of the fields above those that it declares are filled in at the end of the call, and the
    /// identifiers once they are known.
    ///
    /// ```
    /// use oxkit_core::{Context, RequestId};
    /// use oxkit_tracing::Spans;
    /// use tracing::field::Empty;
    ///
    /// let spans = Spans::server().with_span(|cx: &Context| {
    ///     tracing::debug_span!(
    ///         "request",
    ///         otel.kind = "server",
    ///         id = cx.get::<RequestId>().map(RequestId::as_str),
    ///         trace_id = Empty,
    ///         outcome = Empty,
    ///     )
    /// });
    /// ```
    pub fn with_span(self, make: impl Fn(&Context) -> Span + Send + Sync + 'static) -> Self {
        self.set(|settings| settings.make = Some(Arc::new(make)))
    }

    /// Names the operation in place of the one that the context names.
    pub fn for_operation(self, operation: Operation) -> Self {
        Self { operation: Some(operation), ..self }
    }
}

impl<M: Clone> Clone for Spans<M> {
    fn clone(&self) -> Self {
        Self {
            settings: self.settings.clone(),
            operation: self.operation.clone(),
            responses: self.responses.clone(),
        }
    }
}

impl<M: fmt::Debug> fmt::Debug for Spans<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans")
            .field("kind", &self.settings.site.kind)
            .field("operation", &self.operation)
            .field("responses", &self.responses)
            .finish_non_exhaustive()
    }
}

impl<E, M: Clone> Layer<E> for Spans<M> {
    type Service = SpansEndpoint<M, E>;

    fn layer(&self, inner: E) -> SpansEndpoint<M, E> {
        SpansEndpoint { spans: self.clone(), inner }
    }
}

/// An endpoint whose calls are spans, made by [`Spans`].
#[derive(Debug, Clone)]
pub struct SpansEndpoint<M, E> {
    spans: Spans<M>,
    inner: E,
}

impl<M, E> Endpoint for SpansEndpoint<M, E>
where
    E: Endpoint,
    M: LooksAtResponse<E::Response>,
{
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    /// Performs the call in its span. Whether it has one is decided now; where it has, and where
    /// the call must be kept from being recorded, the inner one begins with the first poll.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the inner one in the span, which then ends as `cancelled`.
    #[inline]
    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        SpansFuture::<M, E, _, _>::begin(&self.spans, cx, |cx| self.inner.call(cx, request))
    }
}
