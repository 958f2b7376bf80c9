//! The TLS handshake of a server.

use std::{sync::Arc, time::Duration};

use rustls::ServerConfig;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::connection::Protocol;

/// Performs the handshake. `None` when it fails or is too slow: rustls has told the peer why.
pub(super) async fn accept(
    stream: TcpStream,
    config: Arc<ServerConfig>,
    limit: Duration,
) -> Option<(TlsStream<TcpStream>, Protocol)> {
    let stream = timeout(limit, TlsAcceptor::from(config).accept(stream)).await.ok()?.ok()?;
    #[cfg(feature = "http2")]
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        return Some((stream, Protocol::Http2));
    }
    Some((stream, Protocol::Http1))
}
