//! A loop that serves any HTTP service on a listener, within limits, and ends without losing a
//! request.
//!
//! ```
//! use oxkit_transport_http::{Body, listen, serve};
//! # use std::{convert::Infallible, time::Duration};
//! # async fn run() -> std::io::Result<()> {
//! let hello = hyper::service::service_fn(async |_: http::Request<hyper::body::Incoming>| {
//!     Ok::<_, Infallible>(http::Response::new(Body::from("hello")))
//! });
//! let listener = listen("127.0.0.1:8080").await?;
//! let stop = std::future::pending(); // whatever says that it is time to stop
//!
//! let served = serve(listener, hello)
//!     .with_graceful_shutdown(stop)
//!     .drain_within(Duration::from_secs(20))
//!     .await;
//! assert!(served.is_clean());
//! # Ok(())
//! # }
//! ```
//!
//! # When to use it, and when not
//!
//! It is the shortest way from a service to the socket, and hyper does the talking. What it adds
//! are [`Limits`] on what a peer may use up, and an end that drains. It is no framework: it
//! installs no signal handler, reads no configuration, logs nothing, and only [`Served`] comes out
//! of it. Where axum serves already, an oxkit server is mounted there and this is not needed; to
//! serve a whole axum `Router` with these limits, give it through [`from_tower`].
//!
//! # Protocols
//!
//! | | in the clear | with [`tls`](Serve::tls) |
//! |---|---|---|
//! | HTTP/1.1 | yes | yes |
//! | HTTP/2 (feature `http2`) | by its preface, after [`with_h2c`](Serve::with_h2c) | by ALPN, if the configuration offers `h2` |
//!
//! Answers on one HTTP/2 connection that are ready together leave together: before a small write the
//! connection lets other tasks have their turn, once, if it has other requests in flight. One that is
//! alone is written at once.
//!
//! # How it ends
//!
//! When the future given to [`with_graceful_shutdown`](Serve::with_graceful_shutdown) is ready:
//!
//! 1. The connections in the listener's queue are accepted, and the listener is closed: the next
//!    client is refused at once, and may try elsewhere.
//! 2. Requests in flight go on. Their answers carry `connection: close`, or HTTP/2's notice.
//! 3. Connections at rest are closed. Those that were opened or used lately have a second first, to
//!    send the request they may be sending. Where a request lies unread in the kernel it is served.
//! 4. When all are gone, or when [`drain_within`](Serve::drain_within) has passed, the rest is cut
//!    off and counted in [`Served::aborted`].
//!
//! An HTTP/2 peer that keeps its side open with nothing in flight is not waited for longer than a
//! second, or than the [write stall time](Limits::with_write_stall_time) if it was answered within
//! that time, for it may be reading yet. A connection that was upgraded (a WebSocket) belongs to whoever upgraded it, and is not
//! waited for.

mod accept;
mod activity;
mod again;
#[cfg(feature = "http2")]
mod batch;
mod builder;
#[cfg(feature = "http2")]
mod clock;
mod connection;
mod drain;
mod driver;
#[cfg(feature = "http2")]
mod flow;
mod http1;
#[cfg(feature = "http2")]
mod http2;
mod io;
mod limits;
mod listen;
#[cfg(feature = "http2")]
mod preface;
mod served;
mod service;
#[cfg(feature = "http2")]
mod streams;
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
mod tls;
mod tower;

pub use builder::{Serve, Serving, serve};
pub use limits::Limits;
pub use listen::listen;
pub use served::Served;
pub use tower::{FromTower, FromTowerFuture, from_tower};

/// What hyper takes as the error of a response body.
type BoxError = Box<dyn std::error::Error + Send + Sync>;
