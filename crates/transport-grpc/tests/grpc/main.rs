//! Endpoints behind gRPC, called over real connections.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test may end it, as the tests themselves do"
)]

mod bad_input;
mod channels;
mod deadlines;
mod errors;
mod hooks;
mod limits;
mod panics;
mod services;
mod streaming;
mod support;
#[cfg(feature = "tls-ring")]
mod tls;
mod unary;
