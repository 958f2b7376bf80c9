//! What both directions have in common: the peers, and JSON.

mod called_by_us;
mod calls_us;
mod tls;

use serde_json::Value;
use testing_servers::Peer;

/// A peer in Python; its files are beside the tests.
fn peer(script: &str, arguments: &[&str]) -> Peer {
    let script = format!("{}/peers/{script}", env!("CARGO_MANIFEST_DIR"));
    // It must not write what it compiled beside its source.
    Peer::start(testing_servers::grpcio().arg("-B").arg(script).args(arguments))
}

fn json(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}
