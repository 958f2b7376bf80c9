//! [JSON-RPC 2.0](https://www.jsonrpc.org/specification) over HTTP: endpoints as the methods of a
//! server, and remote methods as endpoints.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use oxkit_core::{Context, Refusal, endpoint_fn};
//! use oxkit_transport_http::{Router, jsonrpc::Server};
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
//! async fn count(_cx: Context, (s,): (String,)) -> Result<usize, Refusal> {
//!     Ok(s.chars().count())
//! }
//!
//! let strings = Server::new()
//!     .service("stringsvc")
//!     .method("uppercase", endpoint_fn(uppercase))
//!     .method("count", endpoint_fn(count));
//! let router = Router::new().any("/rpc", strings);
//!
//! let batch = r#"[
//!     {"jsonrpc": "2.0", "method": "uppercase", "params": {"s": "hello"}, "id": 1},
//!     {"jsonrpc": "2.0", "method": "count", "params": ["hello"], "id": 2}
//! ]"#;
//! let response = router.handle(http::Request::post("/rpc").body(batch.into())?).await;
//! assert_eq!(
//!     response.into_body().collect(200).await?,
//!     concat!(
//!         r#"[{"jsonrpc":"2.0","result":{"v":"HELLO"},"id":1},"#,
//!         r#"{"jsonrpc":"2.0","result":5,"id":2}]"#,
//!         "\n",
//!     ),
//! );
//! # Ok(())
//! # }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # The pieces
//!
//! | to | use |
//! |---|---|
//! | serve endpoints as methods | [`Server`] |
//! | call a remote method, or notify it | [`Client`] |
//! | send several calls in one request | [`Batch`], [`BatchClient`] |
//! | choose the code of an error, or read the one received | [`Error`], [`codes`] |
//! | know in an endpoint or a hook what is called | [`Call`] |
//!
//! # When to use it, and when not
//!
//! Use it to serve the clients that speak it (wallets, language servers, browsers with a small
//! library) and to call the servers that do. All methods share one path and failures have status
//! 200, so caches, proxies and status counters see nothing of what happens; between services of
//! one's own, plain HTTP with a path for each method shows more, and gRPC costs less.
//!
//! # Kinds of failure
//!
//! The exact [kind](oxkit_core::ErrorKind) of a failure, and its advice on when to try again,
//! travel in the `data` of the error object, so that a client gets back what the server gave: see
//! [`Error::from_failure`]. A server of another make is read by its [code](codes::kind_of).
//!
//! # Features
//!
//! `jsonrpc` brings the vocabulary; with `server` there is a [`Server`], with `client` a
//! [`Client`].

#[cfg(any(feature = "server", feature = "client"))]
mod call;
#[cfg(feature = "client")]
mod client;
pub mod codes;
mod error;
#[cfg(any(feature = "server", feature = "client"))]
mod message;
mod request_id;
#[cfg(feature = "server")]
mod server;

#[cfg(any(feature = "server", feature = "client"))]
pub use call::Call;
#[cfg(feature = "client")]
pub use client::{AutoIncrement, Batch, BatchAnswers, BatchClient, Client, IdGenerator, Place};
pub use error::Error;
pub use request_id::RequestId;
pub use serde_json::value::{RawValue, to_raw_value};
#[cfg(feature = "server")]
pub use server::{CallReport, Params, Server};

/// The service that operations are of until another name is given.
#[cfg(any(feature = "server", feature = "client"))]
const SERVICE: &str = "jsonrpc";
