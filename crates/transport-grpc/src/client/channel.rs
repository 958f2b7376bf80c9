//! Channels: a connection to one address, made when it is needed and made again when it broke.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
};

use http::Uri;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::transport::{Channel, Endpoint as ChannelBuilder};
use tower_service::Service;

/// A channel over connections that `connect` makes: a Unix socket, a tunnel, a pipe of a test.
///
/// Nothing is connected yet. `connect` is given the builder's address, and is called again when the
/// connection broke; its time is limited by the builder's `connect_timeout`. TLS, if the builder
/// has it, is spoken on top.
///
/// ```
/// # #[cfg(unix)]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oxkit_transport_grpc::client::{ChannelBuilder, channel_over};
/// use tokio::net::UnixStream;
///
/// // The address only says what the server is called.
/// let builder = ChannelBuilder::from_static("http://localhost");
/// let channel = channel_over(&builder, |_| UnixStream::connect("/run/add.sock"));
/// # drop(channel);
/// # Ok(())
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
///
/// # Panics
///
/// Outside of a tokio runtime, in which the channel's own task runs.
pub fn channel_over<C, F, IO>(builder: &ChannelBuilder, connect: C) -> Channel
where
    C: Fn(Uri) -> F + Send + 'static,
    F: Future<Output = io::Result<IO>> + Send + 'static,
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    builder.connect_with_connector_lazy(Connector(connect))
}

/// A function as the service that tonic asks for connections.
struct Connector<C>(C);

impl<C, F, IO> Service<Uri> for Connector<C>
where
    C: Fn(Uri) -> F,
    F: Future<Output = io::Result<IO>> + Send + 'static,
    IO: AsyncRead + AsyncWrite,
{
    type Response = TokioIo<IO>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<IO>>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = (self.0)(address);
        Box::pin(async { connecting.await.map(TokioIo::new) })
    }
}
