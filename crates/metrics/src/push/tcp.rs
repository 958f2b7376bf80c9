//! Requests over TCP, for protocols without answers.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{SendError, Transport};

/// Sends requests over TCP to a receiver that never answers, such as Carbon.
///
/// That bytes were written says only that the system has them; what a receiver had not read when it
/// died is gone, and nobody is told. So each request has a connection of its own: it is written, our
/// side is closed, and when the receiver closes its own it has read everything. Until then the
/// request counts as not sent, and is sent again from its first line over a new connection. A receiver
/// drops what it read of the line that was cut.
///
/// One connection for each interval costs nothing that could be measured. The name is resolved each
/// time.
///
/// ```
/// use oxkit_metrics::{Tcp, Transport};
///
/// assert_eq!(Tcp::new("localhost:2003").request_size(), 512 * 1024);
/// ```
#[derive(Debug)]
pub struct Tcp {
    address: String,
    receipt: bool,
}

impl Tcp {
    /// To `host:port`.
    #[must_use]
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), receipt: true }
    }

    /// Does not wait until the receiver closes, for one that never does. What it had not read when
    /// it died is then lost.
    #[must_use]
    pub const fn without_receipt(mut self) -> Self {
        self.receipt = false;
        self
    }
}

impl Transport for Tcp {
    fn request_size(&self) -> usize {
        512 * 1024
    }

    async fn send(&mut self, request: &[u8]) -> Result<(), SendError> {
        let connected = TcpStream::connect(&self.address).await;
        let mut stream = connected.map_err(|error| SendError::reaching(&self.address, &error))?;
        stream.write_all(request).await?;
        let mut rest = [0; 256];
        if self.receipt && matches!(stream.try_read(&mut rest), Ok(0)) {
            return Err(SendError::new("the connection was closed before all was written"));
        }
        stream.shutdown().await?;
        // Receivers say nothing; one that does is not listened to.
        while self.receipt && stream.read(&mut rest).await? > 0 {}
        Ok(())
    }
}
