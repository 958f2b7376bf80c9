//! What oxkit costs, measured side by side with its peers.
//!
//! `cargo run --release --locked -p oxkit-benches -- --help` says what there is. This library holds
//! the benchmarks, because two binaries need them: the one that takes the time, and the one that
//! counts allocations.
//!
//! | module | compares |
//! |---|---|
//! | [`circuitbreaker`] | a call through a closed breaker with recloser's |
//! | [`endpoint`] | chains of middlewares with the same in tower |
//! | [`log`] | a line of log with slog and tracing-subscriber |
//! | [`metrics`] | an observation of a metric with the prometheus crate's |
//! | [`ratelimit`] | a rate limiter's check with governor's |
//! | [`stack`] | the usual middlewares around an endpoint with the same in tower and Go kit |
//! | [`transport`] | HTTP and gRPC servers with hyper, axum, tonic, grpc-go and Go kit |
//! | [`weight`] | what a hello-world service pulls in, with hyper and axum |

pub mod circuitbreaker;
pub mod endpoint;
pub mod gokit;
pub mod harness;
pub mod log;
pub mod metrics;
pub mod ratelimit;
pub mod stack;
pub mod transport;
pub mod weight;

use harness::Case;

/// The small cases of the benchmark of this name, for what runs them one at a time; `None` if it
/// has none.
#[must_use]
pub fn cases(name: &str) -> Option<Vec<Case>> {
    match name {
        "endpoint" => Some(endpoint::chains().into_iter().map(|chain| chain.case).collect()),
        "log" => Some(log::cases()),
        "stack" => Some(stack::chains().into_iter().map(|chain| chain.case).collect()),
        _ => None,
    }
}
