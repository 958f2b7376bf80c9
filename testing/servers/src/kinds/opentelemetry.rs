//! The official OpenTelemetry SDK for Python: no server, but a peer that speaks as others do.

use std::process::Command;

use crate::{Set, Source};

pub(super) const SET: Set = Set {
    name: "opentelemetry",
    source: Source::Python {
        packages: &[
            "opentelemetry-sdk==1.44.0",
            "opentelemetry-exporter-otlp-proto-grpc==1.44.0",
            "opentelemetry-exporter-otlp-proto-http==1.44.0",
            "opentelemetry-propagator-b3==1.44.0",
            "opentelemetry-propagator-jaeger==1.44.0",
        ],
    },
};

/// A Python that has the official OpenTelemetry SDK, its OTLP exporters and protobufs, and the B3
/// and Jaeger propagators.
///
/// ```no_run
/// let mut peer = testing_servers::opentelemetry();
/// let output = peer.args(["-c", "import opentelemetry.sdk"]).output().unwrap();
/// assert!(output.status.success());
/// ```
///
/// # Panics
///
/// If it is not on this machine; the message says what to do.
#[must_use]
pub fn opentelemetry() -> Command {
    SET.python().unwrap_or_else(|missing| panic!("{missing}"))
}
