//! `VictoriaMetrics`: one process that reads the formats of several monitoring systems.

use std::{io, net::SocketAddr, path::Path, process::Command};

use crate::{
    Kind, Server, Set, Source,
    http::{self, answers, escaped},
    ports::free_address,
};

/// A `VictoriaMetrics` server: InfluxDB's line protocol in the forms of version 1 and 2, Graphite's
/// with tags, Prometheus' exposition, Datadog's series.
#[derive(Debug)]
pub struct VictoriaMetrics {
    http: SocketAddr,
    graphite: SocketAddr,
    influx: SocketAddr,
}

/// Starts `VictoriaMetrics`.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn victoria_metrics() -> Server<VictoriaMetrics> {
    Server::started()
}

impl Server<VictoriaMetrics> {
    /// Where it takes writes and queries over HTTP.
    #[must_use]
    pub const fn http(&self) -> SocketAddr {
        self.kind().http
    }

    /// Where it takes Graphite's lines, over TCP and UDP.
    #[must_use]
    pub const fn graphite(&self) -> SocketAddr {
        self.kind().graphite
    }

    /// Where it takes InfluxDB's lines, over TCP and UDP.
    #[must_use]
    pub const fn influx(&self) -> SocketAddr {
        self.kind().influx
    }

    /// All it holds of the series that `selector` selects, as `{__name__="requests"}` does: a line
    /// of JSON for each, and what was written just now included.
    ///
    /// # Panics
    ///
    /// If it does not answer with success.
    #[must_use]
    pub fn export(&self, selector: &str) -> String {
        let flushed = http::get(self.http(), "/internal/force_flush");
        assert_eq!(flushed.status, 200, "{}", flushed.body);
        let answer = http::get(self.http(), &format!("/api/v1/export?match={}", escaped(selector)));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

impl Kind for VictoriaMetrics {
    const SET: Set = Set {
        name: "victoria-metrics",
        source: Source::Debian {
            suite: "bookworm",
            packages: &["victoria-metrics"],
            programs: &["victoria-metrics"],
            libraries: false,
        },
    };

    fn choose() -> Self {
        Self { http: free_address(), graphite: free_address(), influx: free_address() }
    }

    fn prepare(&self, _folder: &Path) -> io::Result<Command> {
        let mut command = Self::SET.command("victoria-metrics")?;
        command
            .arg("-storageDataPath=data")
            .arg(format!("-httpListenAddr={}", self.http))
            .arg(format!("-graphiteListenAddr={}", self.graphite))
            .arg(format!("-influxListenAddr={}", self.influx))
            // What is older than the retention is dropped without a word.
            .args(["-retentionPeriod=100y", "-search.latencyOffset=0s", "-loggerLevel=ERROR"]);
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        answers(self.http, "/health")
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![
            ("http", format!("http://{}", self.http)),
            ("graphite", self.graphite.to_string()),
            ("influx", self.influx.to_string()),
        ]
    }
}
