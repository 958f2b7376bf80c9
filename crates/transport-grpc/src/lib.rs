//! gRPC for oxkit endpoints: server and client over tonic, unary and streaming.
//!
//! ```
//! use oxkit_core::{Context, Endpoint, Refusal, endpoint_fn};
//! use oxkit_transport_grpc::{Method, Router, Service, client::Client};
//!
//! // What a code generator makes of the protobuf file.
//! #[derive(Clone, PartialEq, prost::Message)]
//! struct SumRequest {
//!     #[prost(int64, tag = "1")]
//!     a: i64,
//!     #[prost(int64, tag = "2")]
//!     b: i64,
//! }
//!
//! #[derive(Clone, PartialEq, prost::Message)]
//! struct SumReply {
//!     #[prost(int64, tag = "1")]
//!     v: i64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // The endpoint, in its own types; layers go around it as around any other.
//! let sum = endpoint_fn(async |_cx, (a, b): (i64, i64)| Ok::<_, Refusal>(a + b));
//!
//! // The server.
//! let sum = Method::unary(
//!     sum,
//!     |message: SumRequest| Ok::<_, Refusal>((message.a, message.b)),
//!     |v| Ok::<_, Refusal>(SumReply { v }),
//! );
//! let router = Router::new().service(Service::new("pb.Add").method("Sum", sum));
//!
//! // The client: an endpoint again. Here it calls the router itself; over a network its first
//! // argument is a channel, `ChannelBuilder::from_shared("http://localhost:8082")?.connect_lazy()`.
//! let sum = Client::unary(
//!     router,
//!     "pb.Add",
//!     "Sum",
//!     |(a, b)| Ok::<_, Refusal>(SumRequest { a, b }),
//!     |reply: SumReply| Ok::<_, Refusal>(reply.v),
//! );
//! assert_eq!(sum.call(Context::new(), (1, 2)).await?, 3);
//! # Ok(())
//! # }
//! ```
//!
//! # When, and when not
//!
//! For services that speak gRPC, to programs in any language. Endpoints keep their own types;
//! `decode` and `encode` are plain functions between them and the generated messages, so the
//! service does not know that it is called by gRPC, and the same endpoints serve HTTP beside it.
//!
//! The messages are prost's. Which generator makes them is the program's choice; `protox` with
//! `prost-build` needs no compiler of Google's. Generated services of tonic can stand beside
//! endpoints: see [`Router::tonic`], which is also how health and reflection are served.
//!
//! Clients, their channels, and TLS: [`client`].
//!
//! It does not listen. A [`Router`] is a service of hyper and of tower, so
//! `oxkit_transport_http::serve(listener, router).with_h2c()` serves it, with TLS, limits and a drain
//! that ends, and together with HTTP on one port; and so do axum and tonic's own `Server`.
//!
//! # How a call passes
//!
//! ```text
//! client: encode -> before hooks -> channel ~~~~> before hooks -> decode -> endpoint
//!                                                                              |
//! client: decode <- after hooks  <- channel <~~~~ after hooks  <- encode <-----+
//! ```
//!
//! # Errors
//!
//! An error's [kind](oxkit_core::Failure::kind) is the status code, by number, so a client gets back
//! the kind that the server gave. Its public message is the text; its advice when to try again is
//! `google.rpc.RetryInfo`; the fields of a request that are wrong are `google.rpc.BadRequest` (see
//! [`Method::errors`] and [`GrpcError::violations`]). A business error that the response
//! [carries](oxkit_core::CarriesFailure) becomes a status where `encode` returns it.
//!
//! # Deadlines
//!
//! The context's deadline travels as `grpc-timeout`, both ways. A server moderates what callers ask
//! for: [`Method::timeout`], [`Method::timeout_floor`], [`Method::timeout_cap`]. A stream ends at its
//! deadline on either side, though nobody reads it.
//!
//! # Defaults
//!
//! See [`Method`] and [`client::Client`].
//!
//! # Features
//!
//! | feature | adds |
//! |---|---|
//! | `server` (default) | [`Method`], [`Service`], [`Router`] |
//! | `client` (default) | [`client`] |
//! | `gzip` | compression, of what is sent where it is asked for, and of what is received |
//! | `tls-ring`, `tls-aws-lc` | TLS for clients by rustls, with one or the other provider |
//!
//! # What it is built on
//!
//! tonic reads and writes the protocol's frames, but for the only message of a request or a response,
//! which a server reads and writes by itself: that takes a twentieth off a small call. Its channel is
//! the client's default. Codes, deadlines, metadata and status details do not name it. Two of its
//! habits are kept from the program: it panics on status details that are not base64, and takes a
//! status whose text is not UTF-8 for another one.

#[cfg(feature = "client")]
pub mod client;
#[cfg(any(feature = "client", feature = "server"))]
mod deadline;
mod details;
mod error;
#[cfg(any(feature = "client", feature = "server"))]
mod limited;
mod messages;
mod metadata;
#[cfg(any(feature = "client", feature = "server"))]
mod names;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "server")]
mod status;
mod timeout;
#[cfg(any(feature = "client", feature = "server"))]
mod wire;

pub use details::Violation;
pub use error::GrpcError;
pub use messages::{Incoming, Outgoing};
pub use metadata::{InvalidMetadata, Metadata};
#[cfg(feature = "server")]
pub use server::{Ended, Method, Report, Router, Service, Serving, is_grpc};
#[cfg(feature = "server")]
pub use status::Status;
pub use timeout::{format_timeout, parse_timeout};
