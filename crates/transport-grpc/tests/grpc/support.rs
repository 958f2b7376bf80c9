//! A server on a port of its own, and clients of it.

use std::{convert::Infallible, error::Error, net::SocketAddr, time::Duration};

use http::{Request, Response};
use hyper::{
    body::{Body, Incoming as HyperBody},
    server::conn::http2,
    service::{Service as HyperService, service_fn},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oxkit_core::{Endpoint, Peer, Refusal};
use oxkit_transport_grpc::{
    GrpcError, Incoming, Method, Outgoing, Router, Service,
    client::{Channel, ChannelBuilder, Client},
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};

/// Long enough for anything that happens, for a test that would otherwise hang.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Serves on a free port for as long as the test's runtime lasts.
pub(crate) async fn serving<S, B>(service: S) -> SocketAddr
where
    S: HyperService<Request<HyperBody>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((stream, peer)) = listener.accept().await {
            let service = service.clone();
            let service = service_fn(move |mut request: Request<HyperBody>| {
                request.extensions_mut().insert(Peer(peer));
                service.call(request)
            });
            tokio::spawn(serve_connection(stream, service));
        }
    });
    address
}

/// Serves one connection to its end, whatever that is.
pub(crate) async fn serve_connection<IO, S, B>(stream: IO, service: S)
where
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: HyperService<Request<HyperBody>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let connection = http2::Builder::new(TokioExecutor::new());
    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
}

pub(crate) fn channel(address: SocketAddr) -> Channel {
    ChannelBuilder::from_shared(format!("http://{address}"))
        .expect("an address is a URI")
        .connect_lazy()
}

/// The service `pb.Test` with one method.
pub(crate) async fn served(name: &str, method: Method) -> Channel {
    let service = Service::new("pb.Test").method(name, method);
    channel(serving(Router::new().service(service)).await)
}

/// A method on strings, which are `google.protobuf.StringValue` on the wire.
pub(crate) fn unary<E>(endpoint: E) -> Method
where
    E: Endpoint<Request = String, Response = String> + 'static,
{
    Method::unary(endpoint, Ok::<String, Refusal>, Ok::<String, Refusal>)
}

pub(crate) fn call_unary(
    channel: Channel,
    name: &str,
) -> impl Endpoint<Request = String, Response = String, Error = GrpcError> {
    Client::unary(channel, "pb.Test", name, Ok::<String, GrpcError>, Ok::<String, GrpcError>)
}

pub(crate) fn call_both_streaming(
    channel: Channel,
    name: &str,
) -> impl Endpoint<Request = Outgoing<i64>, Response = Incoming<i64>, Error = GrpcError> {
    Client::bidirectional(channel, "pb.Test", name, Ok::<i64, GrpcError>, Ok::<i64, GrpcError>)
}
