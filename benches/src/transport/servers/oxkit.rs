//! oxkit: straight on hyper, and mounted in axum.

use std::io;

use oxkit_core::{Context, Refusal, endpoint_fn};
use oxkit_transport_http::{JsonCodec, Router, Server, serve};
use tokio::net::TcpListener;

use crate::transport::wire::{Request, Response, uppercase};

/// As the first example of the crate: the defaults, limits included.
pub(super) async fn straight(listener: TcpListener) -> io::Result<()> {
    serve(listener, Router::new().post("/uppercase", Server::json(endpoint_fn(handle)))).await;
    Ok(())
}

/// In a router of axum, served by axum.
pub(super) async fn in_axum(listener: TcpListener) -> io::Result<()> {
    let server: Server<_, JsonCodec, JsonCodec> = Server::json(endpoint_fn(handle));
    let router = axum::Router::new().route("/uppercase", axum::routing::post(server));
    axum::serve(listener, router).await
}

async fn handle(_: Context, request: Request) -> Result<Response, Refusal> {
    Ok(uppercase(&request))
}
