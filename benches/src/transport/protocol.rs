//! What a server speaks.

use std::{
    io,
    net::{SocketAddr, TcpStream},
};

use super::{grpc, wire::Exchange};

/// A protocol that the benchmark asks in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http(Exchange),
    Grpc,
}

impl Protocol {
    /// What is asked over HTTP.
    pub(super) fn exchange(self) -> io::Result<Exchange> {
        match self {
            Self::Http(exchange) => Ok(exchange),
            Self::Grpc => Err(io::Error::other("this server does not speak HTTP")),
        }
    }

    /// Asks so often over one connection, each time when the last answer is there and is the right
    /// one.
    ///
    /// For where its speed does not matter.
    pub(super) fn ask(self, server: SocketAddr, times: usize) -> io::Result<()> {
        match self {
            Self::Http(exchange) => {
                let mut stream = TcpStream::connect(server)?;
                (0..times).try_for_each(|_| exchange.ask(&mut stream))
            }
            Self::Grpc => {
                grpc::check(server)?;
                grpc::Load::connect(server, 1, 1)?.calls(times).map(drop)
            }
        }
    }
}
