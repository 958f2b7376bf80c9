//! A server on a port of its own, and a channel to one.

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use oxkit_transport_grpc::{
    Router,
    client::{Channel, ChannelBuilder},
};
use oxkit_transport_http::{
    listen,
    serve::{self, Limits, Serve, Served},
};
use rustls::ServerConfig;
use tokio::{sync::oneshot, task::JoinHandle};

/// A server that runs beside the test.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    serving: JoinHandle<Served>,
}

impl Server {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Asks it to end, gives it two seconds to do so by itself, and says what serving came to.
    ///
    /// # Panics
    ///
    /// If serving has panicked.
    pub async fn stop(self) -> Served {
        // One that has ended by itself is done already.
        let _ = self.end.send(());
        self.serving.await.expect("serving does not panic")
    }
}

/// Serves gRPC on a free port, as a program would.
///
/// # Errors
///
/// If there is no port.
pub async fn serve(router: Router) -> io::Result<Server> {
    serve_within(router, Limits::new()).await
}

/// Serves gRPC on a free port, with limits of its own.
///
/// # Errors
///
/// If there is no port.
pub async fn serve_within(router: Router, limits: Limits) -> io::Result<Server> {
    serve_by(router, |serve| serve.with_h2c().with_limits(limits)).await
}

/// Serves gRPC over TLS on a free port.
///
/// # Errors
///
/// If there is no port.
pub async fn serve_tls(router: Router, config: Arc<ServerConfig>) -> io::Result<Server> {
    serve_by(router, |serve| serve.tls(config)).await
}

async fn serve_by(
    router: Router,
    settings: impl FnOnce(Serve<Router>) -> Serve<Router>,
) -> io::Result<Server> {
    let listener = listen("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (end, ended) = oneshot::channel();
    let serving = settings(serve::serve(listener, router))
        .drain_within(Duration::from_secs(2))
        .with_graceful_shutdown(async {
            let _ = ended.await;
        });
    Ok(Server { address, end, serving: tokio::spawn(serving.into_future()) })
}

/// A channel to a server, which connects when it is used.
///
/// # Panics
///
/// If the address is none.
#[must_use]
pub fn channel(address: SocketAddr) -> Channel {
    let address = format!("http://{address}");
    ChannelBuilder::from_shared(address).expect("an address is a URI").connect_lazy()
}
