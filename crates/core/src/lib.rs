//! The contract every part of oxkit shares: one RPC method as a typed value, layers around it, the
//! context that travels with a call, and errors that mean the same on every transport.
//!
//! An [`Endpoint`] is one method of a service: a request in, a response or an error out. A
//! [`Layer`] wraps an endpoint in another one (log, measure, limit, retry). A transport decodes
//! bytes into a request, calls the endpoint, and encodes what comes back; a client *is* an
//! endpoint. This crate names those things and does nothing else: it has no runtime, performs no
//! I/O, starts no timer and reads the clock only to fix the one anchor that deadlines count from.
//!
//! ```
//! use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
//!
//! /// A middleware: ten lines, no boxing, no readiness protocol.
//! struct Doubled<E>(E);
//!
//! impl<E: Endpoint<Request = u32>> Endpoint for Doubled<E> {
//!     type Request = u32;
//!     type Response = E::Response;
//!     type Error = E::Error;
//!
//!     async fn call(&self, cx: Context, request: u32) -> Result<E::Response, E::Error> {
//!         self.0.call(cx, request * 2).await
//!     }
//! }
//!
//! async fn next(_cx: Context, n: u32) -> Result<u32, Refusal> {
//!     Ok(n + 1)
//! }
//!
//! # fn main() {
//! let endpoint = Doubled(endpoint_fn(next));
//! let answer = poll_once(endpoint.call(Context::new(), 20));
//! assert_eq!(answer.unwrap(), 41);
//! # }
//! # fn poll_once<F: Future>(f: F) -> F::Output {
//! #     let mut f = std::pin::pin!(f);
//! #     let mut task = std::task::Context::from_waker(std::task::Waker::noop());
//! #     match f.as_mut().poll(&mut task) {
//! #         std::task::Poll::Ready(out) => out,
//! #         std::task::Poll::Pending => panic!("pending"),
//! #     }
//! # }
//! ```
//!
//! # When, and when not
//!
//! Every program built with oxkit names things of this crate: to write an endpoint, a layer, an
//! error, or a transport of one's own. It does nothing by itself. Ready-made layers, logging and
//! transports are crates beside it, each of which depends on this one alone.
//!
//! It is the wrong contract for endpoints that are not `Send`, and for a stream of messages in
//! either direction: an endpoint has one request and one response.
//!
//! | to | use |
//! |---|---|
//! | define a method | [`Endpoint`], or [`endpoint_fn`] and [`endpoint_fn_with`] for a closure or an `async fn` |
//! | define one whose business error is part of the answer | [`endpoint_result_with`], [`CarriesFailure`] |
//! | wrap one | [`Layer`] |
//! | decide whether a call may begin | [`Gate`] and [`gate`] |
//! | wrap one without awaiting | [`Hook`] and [`hook`]: half the future and less time than an `async fn` |
//! | hold endpoints of different types together | [`BoxEndpoint`] |
//! | carry a deadline, an operation or a value | [`Context`] |
//! | say what went wrong, the same on every transport | [`ErrorKind`], [`Failure`] |
//! | refuse a call from a layer | [`Refusal`] |
//! | say which span of which trace a call is | [`SpanContext`] |
//! | tell how a call of a transport of one's own ended | [`Finalizers`] |
//!
//! # How a call passes
//!
//! Whoever calls an endpoint hands it a [`Context`] and the request. Each layer derives a context if
//! it has something to add, and calls the endpoint inside of it, or returns a [`Refusal`] instead.
//! Dropping the future cancels the call. A [`Hook`] is told exactly once how the call ended: with a
//! response, with an error, by a panic, or because it was dropped.
//!
//! ## The two styles of error
//!
//! A business error may travel in the response (`Response = Result<T, DomainError>`), where
//! breakers and retries do not see it, or as the endpoint's error, where they act on it. Both are
//! first class: a transport renders either with the status its [`ErrorKind`] calls for.
//!
//! # Ordering
//!
//! In `(a, b, c).layer(endpoint)` the first listed, `a`, is outermost: a request passes `a`, `b`,
//! `c`, and what comes back passes `c`, `b`, `a`.
//!
//! # Defaults
//!
//! | what | default |
//! |---|---|
//! | the deadline, the operation, the values of a [`Context`] | none |
//! | the [`Idempotency`] of an [`Operation`] | unknown, which is not repeated |
//! | [`Failure::retry_after`] | no advice |
//! | [`Failure::refused_for`] | the reason of the [`Refusal`] that is the error's source, if it is one |
//! | [`Failure::public_message`] | the error's text, or its kind's where the kind is confidential |
//! | a panic | unwinds; [`future::catch_panic`] makes an error of one |
//!
//! # Features
//!
//! None.

mod boxed;
mod context;
mod endpoint;
mod endpoint_fn;
mod endpoint_fn_with;
mod endpoint_result_with;
mod failure;
mod finalizers;
pub mod future;
mod gate;
mod hook;
mod kind;
mod operation;
mod outcome;
mod refusal;
mod request_ids;
mod responses;
mod trace;
mod values;

pub use boxed::BoxEndpoint;
pub use context::Context;
pub use endpoint::Endpoint;
pub use endpoint_fn::{EndpointFn, endpoint_fn};
pub use endpoint_fn_with::{EndpointFnWith, endpoint_fn_with};
pub use endpoint_result_with::{EndpointResultWith, endpoint_result_with};
pub use failure::{CarriesFailure, Failure};
pub use finalizers::Finalizers;
pub use gate::{Gate, GateLayer, Gated, gate};
pub use hook::{End, Hook, HookFuture, HookLayer, Hooked, hook};
pub use kind::{ErrorKind, UnknownErrorKind};
pub use operation::{Idempotency, Operation};
pub use outcome::Outcome;
pub use refusal::{Reason, Refusal};
pub use request_ids::RequestIds;
pub use responses::{LooksAtResponse, OnlyErrors, ResponsesToo};
pub use tower_layer::Layer;
pub use trace::{NotAnId, SpanContext, SpanId, TraceFlags, TraceId};
pub use values::{Criticality, Peer, RequestId};
