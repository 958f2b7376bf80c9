//! The ports of the program.

use std::{
    io::{self, Write},
    net::SocketAddr,
};

use oxkit_transport_http::listen;
use tokio::net::TcpListener;

use crate::args::Args;

/// All ports, listened on before anything is served, so that a port that is taken is found out
/// before the first call.
#[derive(Debug)]
pub(crate) struct Listeners {
    pub(crate) debug: TcpListener,
    pub(crate) http: TcpListener,
    pub(crate) grpc: TcpListener,
    pub(crate) jsonrpc: TcpListener,
    pub(crate) one_port: Option<TcpListener>,
}

/// Where the transports are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) http: SocketAddr,
    pub(crate) grpc: SocketAddr,
    pub(crate) jsonrpc: SocketAddr,
}

impl Listeners {
    pub(crate) async fn open(args: &Args) -> io::Result<Self> {
        // Which option says otherwise is what one wants to know where a port is taken.
        let open = async |option: &str, address: &str| {
            let told = |error: io::Error| io::Error::other(format!("{option}: {error}"));
            listen(address).await.map_err(told)
        };
        Ok(Self {
            debug: open("--debug", &args.debug).await?,
            http: open("--http", &args.http).await?,
            grpc: open("--grpc", &args.grpc).await?,
            jsonrpc: open("--jsonrpc", &args.jsonrpc).await?,
            one_port: match &args.one_port {
                Some(address) => Some(open("--one-port", address).await?),
                None => None,
            },
        })
    }

    /// Says where they are, a line for each.
    pub(crate) fn announce(&self) -> io::Result<Addresses> {
        let say = |what: &str, listener: &TcpListener| {
            let address = listener.local_addr()?;
            // A service goes on where nobody reads this.
            let _ = writeln!(io::stdout(), "addsvc: {what} listens on http://{address}");
            Ok::<_, io::Error>(address)
        };
        say("debug", &self.debug)?;
        let http = say("HTTP", &self.http)?;
        let grpc = say("gRPC", &self.grpc)?;
        let jsonrpc = say("JSON-RPC", &self.jsonrpc)?;
        if let Some(one_port) = &self.one_port {
            say("HTTP and gRPC", one_port)?;
        }
        Ok(Addresses { http, grpc, jsonrpc })
    }
}
