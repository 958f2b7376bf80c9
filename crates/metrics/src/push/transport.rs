//! Where packets go.

use std::{io, net::SocketAddr};

use tokio::net::{UdpSocket, lookup_host};

/// Where packets go. [`Udp`] and [`UnixDatagram`] are two; a test writes its own.
pub trait Transport: Send {
    /// Sends one packet, whole or not at all. It may take its time: the exporter limits it.
    ///
    /// # Errors
    ///
    /// The packet was not sent, and may be sent again.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped has sent the packet or not, and the next one works.
    fn send(&mut self, packet: &[u8]) -> impl Future<Output = io::Result<()>> + Send;
}

/// Sends packets over UDP.
///
/// The name is resolved when the first packet is sent, and again after an error. A network may lose
/// packets without an error; what it loses is lost.
#[derive(Debug)]
pub struct Udp {
    address: String,
    socket: Option<UdpSocket>,
}

impl Udp {
    /// To `host:port`.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), socket: None }
    }

    async fn connect(address: &str) -> io::Result<UdpSocket> {
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for to in lookup_host(address).await? {
            match Self::connect_to(to).await {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn connect_to(to: SocketAddr) -> io::Result<UdpSocket> {
        let from: SocketAddr =
            if to.is_ipv4() { ([0; 4], 0).into() } else { ([0u16; 8], 0).into() };
        let socket = UdpSocket::bind(from).await?;
        socket.connect(to).await?;
        Ok(socket)
    }
}

impl Transport for Udp {
    async fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => Self::connect(&self.address).await?,
        };
        socket.send(packet).await?;
        // Kept only after a success: an error makes the next packet resolve and bind anew.
        self.socket = Some(socket);
        Ok(())
    }
}

/// Sends packets to a Unix datagram socket, as the agent of Datadog listens on.
///
/// An error is certain here: a packet that could not be delivered is known not to be.
#[cfg(unix)]
#[derive(Debug)]
pub struct UnixDatagram {
    path: std::path::PathBuf,
    socket: Option<tokio::net::UnixDatagram>,
}

#[cfg(unix)]
impl UnixDatagram {
    /// To the socket at `path`. It need not be there yet.
    #[must_use]
    pub fn new(path: impl Into<std::path::PathBuf>) -> Self {
        Self { path: path.into(), socket: None }
    }
}

#[cfg(unix)]
impl Transport for UnixDatagram {
    async fn send(&mut self, packet: &[u8]) -> io::Result<()> {
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => {
                let socket = tokio::net::UnixDatagram::unbound()?;
                socket.connect(&self.path)?;
                socket
            }
        };
        socket.send(packet).await?;
        // Kept only after a success: a receiver that started again has another socket there.
        self.socket = Some(socket);
        Ok(())
    }
}
