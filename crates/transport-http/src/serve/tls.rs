//! The TLS handshake of a server.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::connection::Protocol;

/// Performs the handshake. `None` when it fails: rustls has told the peer why.
pub(super) async fn accept(
    stream: TcpStream,
    config: Arc<ServerConfig>,
) -> Option<(TlsStream<TcpStream>, Protocol)> {
    let stream = TlsAcceptor::from(config).accept(stream).await.ok()?;
    #[cfg(feature = "http2")]
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        return Some((stream, Protocol::Http2));
    }
    Some((stream, Protocol::Http1))
}
