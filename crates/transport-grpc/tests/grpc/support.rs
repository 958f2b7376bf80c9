//! A server on a port of its own, and clients of it.

use std::{future::IntoFuture, net::SocketAddr, time::Duration};

use oxkit_core::{Endpoint, Refusal};
use oxkit_transport_grpc::{
    GrpcError, Incoming, Method, Outgoing, Router, Service,
    client::{Channel, ChannelBuilder, Client},
};
use oxkit_transport_http::{listen, serve};

/// Long enough for anything that happens, for a test that would otherwise hang.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Serves on a free port for as long as the test's runtime lasts.
pub(crate) async fn serving(router: Router) -> SocketAddr {
    let listener = listen("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(serve(listener, router).with_h2c().with_peer().into_future());
    address
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
