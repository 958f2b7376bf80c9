//! Distributed tracing for oxkit: which calls belong together, across services.
//!
//! ```
//! use std::collections::HashMap;
//! use oxkit_core::{Context, Endpoint, Layer, Operation, Refusal, SpanContext, endpoint_fn};
//! use oxkit_tracing::{B3, Propagation, Spans, W3c};
//! use tracing_subscriber::registry;
//! # fn at_once<F: Future>(f: F) -> F::Output {
//! #     let mut f = std::pin::pin!(f);
//! #     match f.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
//! #         std::task::Poll::Ready(out) => out,
//! #         std::task::Poll::Pending => panic!("pending"),
//! #     }
//! # }
//!
//! // One for the program: what is written into headers, and what is understood of them.
//! let propagation = Propagation::new((W3c::new(), B3::single()));
//!
//! // A span for each call that is served, with the remote method as an endpoint inside.
//! let list = Spans::client().for_operation(Operation::new("todosvc", "List"));
//! let list = list.layer(endpoint_fn({
//!     let propagation = propagation.clone();
//!     move |cx: Context, (): ()| {
//!         let mut headers = HashMap::new();
//!         propagation.inject(&cx, &mut headers);
//!         std::future::ready(Ok::<_, Refusal>(headers))
//!     }
//! }));
//! let show = Spans::server().for_operation(Operation::new("gateway", "Show")).layer(list);
//!
//! // A request that belongs to a trace.
//! let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
//! let received = HashMap::from([("traceparent".to_owned(), parent.to_owned())]);
//! let mut cx = Context::new();
//! propagation.extract(&mut cx, &received)?;
//! let sent = tracing::subscriber::with_default(registry(), || at_once(show.call(cx, ()))).unwrap();
//!
//! // The trace goes on, from the client's span.
//! assert!(sent["traceparent"].starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
//! assert_ne!(sent["traceparent"], parent);
//! # Ok::<_, oxkit_tracing::InvalidHeader>(())
//! ```
//!
//! # When to use it, and when not
//!
//! Use it where a request goes through more than one service, or to see where the time of one goes.
//! How often something happens and how long it takes on the whole is told by metrics, at a
//! thousandth of the price. Within one process, `tracing` alone will do. A span is that of an
//! endpoint: what a transport refuses before there is a request for one (a path that is not there, a
//! body that is not understood) has none, and is for the transport's finalizers to tell.
//!
//! # The pieces
//!
//! | to | use |
//! |---|---|
//! | make a span of each call | [`Spans`], on either side |
//! | carry the trace from service to service | [`Propagation`] of [`W3c`], [`B3`], [`Jaeger`] or several |
//! | use headers of another kind | [`Carrier`] |
//! | record a part of all traces | [`Sampler`]: [`Ratio`], [`ParentBased`] |
//! | export to Jaeger, Zipkin, Tempo or any other | the feature `otel` and `Otel`: see below |
//! | have the identifiers in the logs | the [`SpanContext`](oxkit_core::SpanContext) of the context |
//!
//! # How it works
//!
//! ```text
//! request -> extract: SpanContext of the caller into the Context
//!         -> Spans::server: somebody listens? sampled? -> span, its SpanContext into the Context
//!            -> the endpoint, in the span
//!               -> Spans::client: the same -> inject: the span's identifiers into the headers
//! ```
//!
//! A call has a span if a subscriber listens and the sampler wants it. Where nobody listens, what
//! the caller said is passed on as it is. Where the sampler says no, a bit of the context says so,
//! for everything that is called on the way. Neither allocates, and neither makes a call's future
//! more than three words longer.
//!
//! # Identifiers in the logs
//!
//! The endpoint layer of `oxkit-log` writes `trace_id` and `span_id` if the context has them. Spans
//! have them as fields, so every event that a `tracing` subscriber writes with the fields of its
//! spans has them too. A call that is not sampled has no identifiers but those of its caller, if that
//! sent some.
//!
//! # OpenTelemetry
//!
//! `main` makes the exporter and the subscriber, as everywhere:
//!
//! ```text
//! let provider = SdkTracerProvider::builder().with_batch_exporter(otlp).build();
//! tracing_subscriber::registry()
//!     // Libraries below have spans and events of their own at debug and trace, the exporter's too.
//!     .with(LevelFilter::INFO)
//!     .with(tracing_opentelemetry::layer().with_tracer(provider.tracer("todosvc")))
//!     .init();
//! let spans = Spans::server().identified_by(Otel::new());
//! ```
//!
//! OTLP is understood by Jaeger, Zipkin (through a collector), Tempo and what is sold: there is no
//! exporter for each. The example `traced` has it all in one program. The feature follows version
//! 0.33 of `opentelemetry` and 0.34 of `tracing-opentelemetry`, which move together.
//!
//! # Order
//!
//! [`Spans`] goes outermost, inside of a panic boundary and of what names the operation, and
//! outside of the logging layer, which then has the identifiers of this call and not those of its
//! caller. Limits and breakers go inside, so that the trace shows what they refuse.
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`Spans::sampled_by`] | [`ParentBased`] of [`Always`] | whoever adds the layer wants to see something |
//! | [`Spans::identified_by`] | [`RandomIds`] | works without OpenTelemetry |
//! | [`Spans::public`] | no: the caller's trace goes on | most callers are colleagues |
//! | [`Spans::with_business_errors`] | responses are not looked at | few carry one |
//! | [`Spans::without_id_fields`] | the fields are there | logs need them |
//!
//! # Features
//!
//! None is on by default, and none changes what another does.
//!
//! | feature | adds |
//! |---|---|
//! | `http` | [`Carrier`] for `http::HeaderMap`, which is gRPC's metadata too, and for heads of requests |
//! | `otel` | `Otel`: identifiers and parents of OpenTelemetry |

mod carrier;
mod decided;
#[cfg(feature = "http")]
mod http;
mod identify;
#[cfg(feature = "otel")]
mod otel;
mod propagation;
mod random;
mod sampler;
mod spans;

pub use carrier::Carrier;
pub use identify::{Identify, NewSpan, RandomIds, Shield};
#[cfg(feature = "otel")]
pub use otel::Otel;
pub use oxkit_core::{LooksAtResponse, OnlyErrors, ResponsesToo};
pub use propagation::{B3, Extracted, InvalidHeader, Jaeger, Propagation, Propagator, W3c};
pub use sampler::{Always, Candidate, Never, NotARatio, ParentBased, Ratio, Sampler};
pub use spans::{Kind, Spans, SpansEndpoint, SpansFuture};
