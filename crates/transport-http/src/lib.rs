//! HTTP for oxkit endpoints: an endpoint as an HTTP handler, a remote method as an endpoint.
//!
//! ```
//! use std::time::Duration;
//! use oxkit_core::{Context, Refusal, endpoint_fn};
//! use oxkit_transport_http::{Problem, Router, Server, serve};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize)]
//! struct Uppercase { s: String }
//!
//! #[derive(Serialize)]
//! struct Uppercased { v: String }
//!
//! async fn uppercase(_cx: Context, request: Uppercase) -> Result<Uppercased, Refusal> {
//!     Ok(Uppercased { v: request.s.to_uppercase() })
//! }
//!
//! fn routes() -> Router {
//!     let uppercase = Server::json(endpoint_fn(uppercase))
//!         .timeout(Duration::from_secs(5))
//!         .errors(Problem)
//!         .request_id();
//!     Router::new().post("/uppercase", uppercase)
//! }
//!
//! async fn run() -> std::io::Result<()> {
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     serve(listener, routes()).await;
//!     Ok(())
//! }
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//!
//! // A test needs no network:
//! let request = http::Request::post("/uppercase").body(r#"{"s":"hello"}"#.into())?;
//! let response = routes().handle(request).await;
//! assert_eq!(response.into_body().collect(100).await?, "{\"v\":\"HELLO\"}\n");
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # The pieces
//!
//! | to | use |
//! |---|---|
//! | answer HTTP requests with an endpoint | [`Server`], in one line with [`Server::json`] |
//! | decode or encode in another way | an `async fn`, as [`Decode`] and [`Encode`]; axum's extractors through [`with_axum::extract`] |
//! | route paths and methods | [`Router`], or axum's |
//! | serve a listener, within limits, and end without losing a request | [`serve`](mod@serve) |
//! | call a remote method | [`Client`], over a [`Pool`] of connections |
//! | carry a trace across | `oxkit-tracing`, whose hooks fit `before` of a server and of a client |
//! | pass requests on | [`proxy`] |
//! | speak JSON-RPC 2.0 | [`jsonrpc`] |
//!
//! # When to use it, and when not
//!
//! Use it where endpoints meet HTTP, alone or inside an axum application. For handlers that are
//! HTTP through and through, such as pages, static files or web sockets, axum itself is the better
//! tool, and the two share a router. There is no session, cookie or template here.
//!
//! # How a failure is answered
//!
//! ```text
//! error -> kind -> status       status_of, unless a Rejection in the chain of sources says another
//!            \---> X-Error-Kind the exact kind, for the client
//!       -> retry advice -> Retry-After
//!       -> public message -> body, in the form of the ErrorEncoder
//! ```
//!
//! A [`Failure`](oxkit_core::Failure) needs no HTTP in it: its kind gives the [status](status_of).
//! Both styles of error are rendered alike: the endpoint's own error, and the business error its
//! response [carries](oxkit_core::CarriesFailure) ([`Server::json_result`]). The causes of an error
//! never reach the wire.
//!
//! # Order
//!
//! Before hooks, decoder, endpoint (with its own layers), encoder, after hooks; and finalizers when
//! the last byte is out or the caller is gone. See [`Server`]. Tower layers for HTTP, such as those
//! of tower-http, go around a server or a router, which are tower services.
//!
//! # Defaults
//!
//! | limit | default | where |
//! |---|---|---|
//! | request body | 2 MiB | [`Server::body_limit`] |
//! | time from the request's head to the response's | 30 s | [`Server::timeout`] |
//! | what a connection may use up | | [`serve::Limits`] |
//! | what a call may use up | | [`Client`] |
//!
//! # Cost
//!
//! A request costs one boxed future where it is mounted, one node for its context, and one counted
//! reference to its handler. Without finalizers the response body is not wrapped, and a timer is
//! made only for a request that has to wait.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `server` | yes | [`Server`], [`Router`], [`serve`](mod@serve) over HTTP/1.1 |
//! | `client` | | [`Client`] and [`Pool`] |
//! | `http2` | | HTTP/2 on both sides |
//! | `tls-ring`, `tls-aws-lc` | | TLS by rustls with that provider |
//! | `axum` | | decoding by axum's extractors, mounting as an axum handler |
//! | `jsonrpc` | | JSON-RPC 2.0 |
//! | `proxy` | | a reverse proxy |

mod body;
#[cfg(feature = "server")]
mod errors;
#[cfg(feature = "server")]
mod handler;
mod headers;
#[cfg(feature = "server")]
mod json;
#[cfg(feature = "server")]
mod rejection;
#[cfg(feature = "server")]
mod router;
#[cfg(feature = "server")]
mod server;
mod status;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "jsonrpc")]
pub mod jsonrpc;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "server")]
pub mod serve;
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub mod tls;
#[cfg(feature = "client")]
mod uri;
#[cfg(feature = "axum")]
pub mod with_axum;

pub use body::{Body, BodyError, Collect};
#[cfg(feature = "client")]
pub use client::{Client, ClientError, Pool};
#[cfg(feature = "server")]
pub use errors::{ErrorEncoder, GoKit, PlainText, Problem};
#[cfg(feature = "server")]
pub use handler::{Handler, TowerHandler, tower_handler};
pub use headers::{ERROR_KIND_HEADER, REQUEST_ID_HEADER, TIMEOUT_HEADER};
#[cfg(feature = "server")]
pub use rejection::Rejection;
#[cfg(feature = "server")]
pub use router::{PathParams, RouteError, Router, path_param};
#[cfg(feature = "server")]
pub use serve::{listen, serve};
#[cfg(feature = "server")]
pub use server::{
    Begun, Decode, Encode, Ended, Input, JsonCodec, JsonOrFailureCodec, JsonReply, JsonResultCodec,
    Reply, Report, RequestHead, Server, WithContext, decode_json, decode_nothing, encode_json,
    with_context,
};
pub use status::{kind_of, status_of};
