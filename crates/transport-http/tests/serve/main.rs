//! The serving loop over real sockets: its limits, and how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test may end it, as the tests themselves do"
)]

mod drain;
#[cfg(all(feature = "http2", feature = "client"))]
mod http2;
mod leaving;
mod limits;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the server, which use all of it")]
mod support;
#[cfg(all(feature = "tls-ring", feature = "client"))]
mod tls;
mod tower;
mod world;
