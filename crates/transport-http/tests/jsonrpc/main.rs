//! JSON-RPC: what the specification shows, what peers get wrong, and the client against the server.

#![cfg(all(feature = "jsonrpc", feature = "server"))]
#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test may end it, as the tests themselves do"
)]

mod any_input;
mod calls;
#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod client_batch;
mod codec;
mod http;
#[cfg(feature = "client")]
mod raw;
mod spec;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the server, which use more of it")]
mod support;

#[cfg(feature = "client")]
type TestResult<T = ()> = Result<T, Box<dyn std::error::Error>>;
