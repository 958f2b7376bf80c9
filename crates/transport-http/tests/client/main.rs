//! The client over real sockets: against our server, and against peers that misbehave.

#![expect(
    clippy::unwrap_used,
    reason = "the helpers of a test may end it, as the tests themselves do"
)]

mod calls;
mod errors;
mod finalizers;
mod peer;
mod pool;
#[cfg(feature = "proxy")]
mod proxy;
#[path = "../server/support.rs"]
#[expect(dead_code, reason = "shared with the tests of the server, which use all of it")]
mod support;
