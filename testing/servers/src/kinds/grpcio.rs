//! gRPC's own library for Python: no server, but a peer that speaks as others do.

use std::process::Command;

use crate::{Set, Source};

pub(super) const SET: Set = Set {
    name: "grpcio",
    source: Source::Python {
        packages: &[
            "grpcio==1.84.2",
            "grpcio-health-checking==1.84.2",
            "grpcio-reflection==1.84.2",
            "grpcio-status==1.84.2",
        ],
    },
};

/// A Python that has gRPC's own library, `google.rpc`'s messages, and the clients of health and
/// reflection.
///
/// ```no_run
/// let mut peer = testing_servers::grpcio();
/// let output = peer.args(["-c", "import grpc_reflection"]).output().unwrap();
/// assert!(output.status.success());
/// ```
///
/// # Panics
///
/// If it is not on this machine; the message says what to do.
#[must_use]
pub fn grpcio() -> Command {
    SET.python().unwrap_or_else(|missing| panic!("{missing}"))
}
