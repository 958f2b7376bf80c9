//! The server, the router and what they mount in, over real sockets where the wire matters.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test may end it, as the tests themselves do"
)]

mod bad_input;
mod body;
mod deadline;
mod errors;
mod finalizers;
#[cfg(feature = "client")]
mod gateway;
mod hooks;
#[cfg(feature = "axum")]
mod in_axum;
mod json;
mod mounts;
mod panics;
mod router;
mod support;
