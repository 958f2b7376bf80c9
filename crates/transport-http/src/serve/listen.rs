//! A listener that can be taken by storm.

use std::{io, net::SocketAddr};

use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// How many connections the kernel may make before they are accepted. Linux takes the lower of
/// this and its own `net.core.somaxconn`, which is 4096 since 2019.
const BACKLOG: u32 = 4096;

/// Listens on an address such as `127.0.0.1:8080` or `localhost:0`, for [`serve`](super::serve()).
///
/// What it has over [`TcpListener::bind`] is a queue of 4096 connections instead of 128. When the
/// shorter one is full the kernel turns clients away without a word, and they try again after a
/// second: a burst of a few hundred clients is enough, while the server waits for a core.
///
/// The address may be used again at once after the process has ended. Of a name with several
/// addresses the first that can be listened on is taken.
///
/// # Errors
///
/// The address is not one, or cannot be listened on; the text names it.
///
/// # Panics
///
/// Outside of a tokio runtime with I/O.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// use oxkit_transport_http::listen;
///
/// let listener = listen("127.0.0.1:0").await?;
/// assert_ne!(listener.local_addr()?.port(), 0);
///
/// let error = listen("127.0.0.1").await.unwrap_err();
/// assert!(error.to_string().starts_with("cannot listen on 127.0.0.1: an address is HOST:PORT"));
/// # Ok(())
/// # }
/// ```
pub async fn listen(address: &str) -> io::Result<TcpListener> {
    let told = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    };
    let candidates = lookup_host(address).await.map_err(|error| match error.kind() {
        // What cannot be split into the two, or has a port that is none.
        kind @ io::ErrorKind::InvalidInput => {
            told(io::Error::new(kind, "an address is HOST:PORT, such as 127.0.0.1:8080"))
        }
        _ => told(error),
    })?;
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for candidate in candidates {
        match listen_on(candidate) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(told(failed))
}

fn listen_on(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Elsewhere than on Unix it would let two processes listen on one port.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
