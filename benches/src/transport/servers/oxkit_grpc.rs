//! oxkit's gRPC on its own serving loop, bare, and with a whole stack around the endpoint.

use std::io;

use oxkit_core::{Context, Endpoint, ErrorKind, Layer, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Method, Router, Service};
use oxkit_transport_http::serve;
use tokio::net::TcpListener;

use super::oxkit::metrics;
use crate::{
    stack::layers::whole,
    transport::grpc::{METHOD_NAME, SERVICE, Text, uppercase},
};

/// As the first example of the crate: the defaults, limits included.
pub(super) async fn bare(listener: TcpListener) -> io::Result<()> {
    run(listener, endpoint_fn(handle)).await;
    Ok(())
}

/// With the same stack as over HTTP.
pub(super) async fn stack(listener: TcpListener) -> io::Result<()> {
    let (registry, _prometheus) = metrics()?;
    run(listener, whole(&registry).layer(endpoint_fn(handle))).await;
    Ok(())
}

async fn run<E>(listener: TcpListener, endpoint: E)
where
    E: Endpoint<Request = String, Response = String, Error = Refusal> + 'static,
{
    let method = Method::unary(
        endpoint,
        |message: Text| Ok::<_, Refusal>(message.text),
        |text| Ok::<_, Refusal>(Text { text }),
    );
    let router = Router::new().service(Service::new(SERVICE).method(METHOD_NAME, method));
    serve(listener, router).with_h2c().await;
}

async fn handle(_: Context, text: String) -> Result<String, Refusal> {
    uppercase(&text).map_err(|text| Refusal::of_kind(ErrorKind::InvalidArgument, text))
}
