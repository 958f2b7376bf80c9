//! Where requests go.

use std::{io, net::SocketAddr};

use tokio::net::{UdpSocket, lookup_host};

use crate::SendError;

/// What fits any Ethernet without fragments.
const UDP: usize = 1432;

/// What a packet of UDP can hold over IPv4 (RFC 768, RFC 791).
const MOST_UDP: usize = 65_507;

/// What Datadog's own clients send in one: the receiver's buffer has that size.
#[cfg(unix)]
const UNIX: usize = 8192;

/// Where requests go. [`Udp`] and [`UnixDatagram`] are two; a test writes its own.
///
/// ```
/// use oxkit_metrics::{SendError, Transport};
///
/// /// Prints requests.
/// struct Printer;
///
/// impl Transport for Printer {
///     async fn send(&mut self, request: &[u8]) -> Result<(), SendError> {
///         println!("{}", String::from_utf8_lossy(request));
///         Ok(())
///     }
/// }
/// ```
pub trait Transport: Send {
    /// How large a request should be at most, in bytes.
    fn request_size(&self) -> usize {
        64 * 1024
    }

    /// Sends one request. It may take its time: the exporter limits it.
    ///
    /// # Errors
    ///
    /// The request was not taken, or nobody knows. [`SendError`] says whether it may be sent again.
    ///
    /// # Cancel safety
    ///
    /// A call that is dropped has sent the request or not, and the next one works.
    fn send(&mut self, request: &[u8]) -> impl Future<Output = Result<(), SendError>> + Send;
}

/// Sends packets over UDP.
///
/// The name is resolved when the first packet is sent, and again after an error. A network may lose
/// packets without an error, and a receiver that is not there is told of one packet late; what is
/// lost so is lost. A packet of more than 65,507 bytes, which UDP cannot carry, is rejected.
///
/// ```
/// use oxkit_metrics::{Transport, Udp};
///
/// // A datagram that fits any Ethernet without fragments.
/// assert_eq!(Udp::new("localhost:8125").request_size(), 1432);
/// ```
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
    fn request_size(&self) -> usize {
        UDP
    }

    async fn send(&mut self, packet: &[u8]) -> Result<(), SendError> {
        if packet.len() > MOST_UDP {
            return Err(SendError::rejected(format!(
                "a packet of {} bytes: UDP carries {MOST_UDP} at most, so set a smaller size",
                packet.len()
            )));
        }
        let failed = |error| SendError::reaching(&self.address, &error);
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => Self::connect(&self.address).await.map_err(failed)?,
        };
        socket.send(packet).await.map_err(failed)?;
        // Kept only after a success: an error makes the next packet resolve and bind anew.
        self.socket = Some(socket);
        Ok(())
    }
}

/// Sends packets to a Unix datagram socket, as the agent of Datadog listens on.
///
/// An error is certain here: a packet that could not be delivered is known not to be.
///
/// ```
/// use oxkit_metrics::{Transport, UnixDatagram};
///
/// assert_eq!(UnixDatagram::new("/var/run/datadog/dsd.socket").request_size(), 8192);
/// ```
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
    fn request_size(&self) -> usize {
        UNIX
    }

    async fn send(&mut self, packet: &[u8]) -> Result<(), SendError> {
        let failed = |error: io::Error| SendError::new(format!("{}: {error}", self.path.display()));
        let socket = match self.socket.take() {
            Some(socket) => socket,
            None => {
                let socket = tokio::net::UnixDatagram::unbound()?;
                socket.connect(&self.path).map_err(failed)?;
                socket
            }
        };
        socket.send(packet).await.map_err(failed)?;
        // Kept only after a success: a receiver that started again has another socket there.
        self.socket = Some(socket);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_that_is_none_is_told_of_with_what_one_is() {
        for (address, says) in [
            ("", "``: an address is HOST:PORT"),
            ("nohost", "`nohost`: an address is HOST:PORT"),
            ("127.0.0.1:99999", "`127.0.0.1:99999`: an address is HOST:PORT"),
        ] {
            let error = Udp::new(address).send(b"x").await.unwrap_err().to_string();
            assert!(error.starts_with(says), "{error}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_socket_that_is_not_there_is_named() {
        let error = UnixDatagram::new("/no/such.socket").send(b"x").await.unwrap_err().to_string();
        assert!(error.starts_with("/no/such.socket: "), "{error}");
    }

    #[tokio::test]
    async fn a_packet_that_udp_cannot_carry_is_rejected_and_keeps_no_other_waiting() {
        let receiver = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut udp = Udp::new(receiver.local_addr().unwrap().to_string());
        let error = udp.send(&vec![b'x'; MOST_UDP + 1]).await.unwrap_err();
        assert!(error.is_rejected());
        assert!(error.to_string().contains("65508 bytes"), "{error}");
        udp.send(&vec![b'x'; MOST_UDP]).await.unwrap();
    }
}
