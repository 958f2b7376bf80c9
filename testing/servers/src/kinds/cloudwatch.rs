//! Amazon's `CloudWatch`, as moto plays it.

use std::{io, net::SocketAddr, path::Path, process::Command};

use crate::{
    Kind, Server, Set, Source,
    http::{self, Answer, Connection, answers},
    ports::free_address,
};

/// A moto server, which answers as `CloudWatch` does.
///
/// It takes any signature, and knows no limits: it will not notice a request that is too large.
#[derive(Debug)]
pub struct Cloudwatch {
    address: SocketAddr,
}

/// Starts moto.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn cloudwatch() -> Server<Cloudwatch> {
    Server::started()
}

impl Server<Cloudwatch> {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.kind().address
    }

    /// Asks it in the query protocol, as `Action=ListMetrics&Version=2010-08-01`; the body of the
    /// answer is XML.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    #[must_use]
    pub fn ask(&self, form: &str) -> Answer {
        // Which of Amazon's services is meant stands in the signature alone.
        let scope = "Credential=test/20240101/us-east-1/monitoring/aws4_request";
        let head = format!(
            "POST / HTTP/1.1\r\nhost: {}\r\nauthorization: AWS4-HMAC-SHA256 {scope}, \
             SignedHeaders=host, Signature=0\r\ncontent-type: \
             application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.address(),
            form.len()
        );
        let answer = Connection::open(self.address()).and_then(|mut connection| {
            connection.send(head.as_bytes())?;
            connection.answer()
        });
        answer.unwrap_or_else(|error| panic!("{form}: {error}"))
    }

    /// Forgets what it got.
    ///
    /// # Panics
    ///
    /// If it does not answer with success.
    pub fn reset(&self) {
        let answer = http::post(self.address(), "/moto-api/reset", "");
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

impl Kind for Cloudwatch {
    const SET: Set = Set {
        name: "cloudwatch",
        source: Source::Python {
            packages: &["moto[cloudwatch]==5.2.4", "flask==3.1.3", "flask-cors==6.0.2"],
        },
    };

    fn choose() -> Self {
        Self { address: free_address() }
    }

    fn prepare(&self, _folder: &Path) -> io::Result<Command> {
        let mut command = Self::SET.command("moto_server")?;
        command.args(["-H", "127.0.0.1", "-p", &self.address.port().to_string()]);
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        answers(self.address, "/moto-api/data.json")
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![("http", format!("http://{}", self.address))]
    }
}
