//! oxkit: straight on hyper, and mounted in axum; bare, and with a whole stack around the endpoint.

use std::{future::ready, io};

use axum::routing::{get, post};
use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
use oxkit_metrics::{Prometheus, Registry};
use oxkit_transport_http::{Body, JsonCodec, Router, Server, serve};
use tokio::net::TcpListener;
use tracing::dispatcher;

use crate::{
    stack::layers::{OPERATION, listener, whole},
    transport::wire::{Request, Response, uppercase},
};

/// As the first example of the crate: the defaults, limits included.
pub(super) async fn straight(listener: TcpListener) -> io::Result<()> {
    serve(listener, Router::new().post("/uppercase", bare())).await;
    Ok(())
}

/// With all that a service in production has: a span, here of a trace that is not sampled, a line of
/// JSON for each request, metrics for Prometheus, a rate limit, a breaker, a timeout.
pub(super) async fn stack(listener: TcpListener) -> io::Result<()> {
    let (registry, prometheus) = metrics()?;
    let scrape = move |_: http::Request<Body>| {
        ready(http::Response::new(Body::from(prometheus.encode(None).1)))
    };
    let routes = Router::new().post("/uppercase", stacked(&registry)).get("/metrics", scrape);
    serve(listener, routes).await;
    Ok(())
}

/// In a router of axum, served by axum.
pub(super) async fn in_axum(listener: TcpListener) -> io::Result<()> {
    axum::serve(listener, axum::Router::new().route("/uppercase", post(bare()))).await
}

/// The same with the whole stack.
pub(super) async fn stack_in_axum(listener: TcpListener) -> io::Result<()> {
    let (registry, prometheus) = metrics()?;
    let routes = axum::Router::new()
        .route("/uppercase", post(stacked(&registry)))
        .route("/metrics", get(move || ready(prometheus.encode(None).1)));
    axum::serve(listener, routes).await
}

type Json<E> = Server<E, JsonCodec, JsonCodec>;

fn bare() -> Json<impl Endpoint<Request = Request, Response = Response, Error = Refusal>> {
    Server::json(endpoint_fn(handle))
}

fn stacked(
    registry: &Registry,
) -> Json<impl Endpoint<Request = Request, Response = Response, Error = Refusal> + use<>> {
    Server::json(whole(registry).layer(endpoint_fn(handle))).operation(OPERATION)
}

pub(super) fn metrics() -> io::Result<(Registry, Prometheus)> {
    // Somebody listens to spans. Where another server of this process does already, so be it.
    let _ = dispatcher::set_global_default(listener());
    let registry = Registry::new();
    let prometheus = Prometheus::new(&registry).map_err(io::Error::other)?;
    Ok((registry, prometheus))
}

async fn handle(_: Context, request: Request) -> Result<Response, Refusal> {
    Ok(uppercase(&request))
}
