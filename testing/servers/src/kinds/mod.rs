//! One file for each kind of server: what to install, how to start it, how to ask it.

mod cloudwatch;
mod go;
mod graphite;
mod grpcio;
mod influxdb;
mod opentelemetry;
mod otlp;
mod prometheus;
mod redis;
mod statsd;
mod victoria_metrics;

use std::io;

use crate::{Kind, Running, Server, Set};

pub use cloudwatch::{Cloudwatch, cloudwatch};
pub use go::{Go, go};
pub use graphite::{Graphite, graphite};
pub use grpcio::grpcio;
pub use influxdb::{Influxdb, influxdb};
pub use opentelemetry::opentelemetry;
pub use otlp::{Otlp, otlp};
pub use prometheus::{Prometheus, prometheus, prometheus_with_rules, promtool};
pub use redis::{Redis, redis};
pub use statsd::{Statsd, statsd};
pub use victoria_metrics::{VictoriaMetrics, victoria_metrics};

/// A server as the project's commands see it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Recipe {
    /// What has to be installed, and what the server is called.
    pub set: Set,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Starts one; `None` if it is no server.
    pub start: Option<Start>,
}

/// Starts a server of some kind.
pub type Start = fn() -> io::Result<Box<dyn Running>>;

/// All there is, in the order of the names.
pub const RECIPES: &[Recipe] = &[
    server::<Cloudwatch>("CloudWatch, as moto plays it"),
    Recipe {
        set: go::SET,
        about: "Go and Go kit, with which peers are built, and no server",
        start: None,
    },
    server::<Graphite>("Carbon: receives and stores for Graphite"),
    Recipe {
        set: grpcio::SET,
        about: "gRPC's own library for Python, a peer and no server",
        start: None,
    },
    server::<Influxdb>("InfluxDB 1: line protocol over HTTP and UDP"),
    Recipe {
        set: opentelemetry::SET,
        about: "OpenTelemetry's SDK for Python, a peer and no server",
        start: None,
    },
    server::<Otlp>("receives OTLP over HTTP and gRPC"),
    server::<Prometheus>("Prometheus, and promtool"),
    server::<Redis>("Redis"),
    server::<Statsd>("the original statsd, over UDP and TCP"),
    server::<VictoriaMetrics>("VictoriaMetrics: reads many formats"),
];

const fn server<K: Kind + Send + 'static>(about: &'static str) -> Recipe {
    Recipe { set: K::SET, about, start: Some(start::<K>) }
}

fn start<K: Kind + Send + 'static>() -> io::Result<Box<dyn Running>> {
    Ok(Box::new(Server::<K>::start()?))
}
