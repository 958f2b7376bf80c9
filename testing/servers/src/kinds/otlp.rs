//! A receiver of OpenTelemetry's protocol that can be asked what it got.

use std::{io, net::SocketAddr, path::Path, process::Command};

use crate::{
    Kind, Server, Set, Source,
    http::{self, answers},
    ports::free_address,
};

/// Datadog's test agent, which reads OTLP by the official protobufs, over HTTP and over gRPC.
#[derive(Debug)]
pub struct Otlp {
    http: SocketAddr,
    grpc: SocketAddr,
    agent: SocketAddr,
}

/// Starts the receiver.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn otlp() -> Server<Otlp> {
    Server::started()
}

impl Server<Otlp> {
    /// Where it takes OTLP over HTTP: `/v1/traces`, `/v1/metrics`, `/v1/logs`.
    #[must_use]
    pub const fn http(&self) -> SocketAddr {
        self.kind().http
    }

    /// Where it takes OTLP over gRPC.
    #[must_use]
    pub const fn grpc(&self) -> SocketAddr {
        self.kind().grpc
    }

    /// All spans it got, as JSON: a list of requests, whose ids are in base64.
    ///
    /// # Panics
    ///
    /// If it does not answer with success.
    #[must_use]
    pub fn traces(&self) -> String {
        self.got("traces")
    }

    /// All metrics it got, as JSON.
    ///
    /// # Panics
    ///
    /// If it does not answer with success.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.got("metrics")
    }

    /// All logs it got, as JSON.
    ///
    /// # Panics
    ///
    /// If it does not answer with success.
    #[must_use]
    pub fn logs(&self) -> String {
        self.got("logs")
    }

    /// Forgets what it got.
    ///
    /// # Panics
    ///
    /// If it does not answer with success.
    pub fn clear(&self) {
        let _ = self.got("clear");
    }

    fn got(&self, what: &str) -> String {
        let answer = http::get(self.http(), &format!("/test/session/{what}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }
}

impl Kind for Otlp {
    const SET: Set =
        Set { name: "otlp", source: Source::Python { packages: &["ddapm-test-agent==1.69.0"] } };

    fn choose() -> Self {
        Self { http: free_address(), grpc: free_address(), agent: free_address() }
    }

    fn prepare(&self, _folder: &Path) -> io::Result<Command> {
        let mut command = Self::SET.command("ddapm-test-agent")?;
        command
            .args(["--host", "127.0.0.1", "--port", &self.agent.port().to_string()])
            .args(["--otlp-http-port", &self.http.port().to_string()])
            .args(["--otlp-grpc-port", &self.grpc.port().to_string()]);
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        answers(self.http, "/test/session/traces")
            && std::net::TcpStream::connect_timeout(&self.grpc, std::time::Duration::from_secs(2))
                .is_ok()
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![("http", format!("http://{}", self.http)), ("grpc", self.grpc.to_string())]
    }
}
