//! oxkit: straight on hyper, and mounted in axum.

use std::{io, time::Duration};

use oxkit_core::{Context, Layer, Operation, Refusal, endpoint_fn, hook};
use oxkit_endpoint::{CatchPanic, ConcurrencyLimit, Timeout};
use oxkit_log::{Lines, Logger, Logging, SyncWriter, timestamp_utc};
use oxkit_transport_http::{JsonCodec, Router, Server, serve};
use tokio::net::TcpListener;

use crate::transport::wire::{Request, Response, uppercase};

/// As the first example of the crate: the defaults, limits included.
pub(super) async fn straight(listener: TcpListener) -> io::Result<()> {
    serve(listener, Router::new().post("/uppercase", Server::json(endpoint_fn(handle)))).await;
    Ok(())
}

/// With the same around it as the stack of tower has, and a line of log for each request.
pub(super) async fn stack(listener: TcpListener) -> io::Result<()> {
    let logger = Logger::new(Lines::json(SyncWriter::new(io::sink()))).with("ts", timestamp_utc());
    let endpoint = (
        hook(Logging::new(logger)),
        CatchPanic::new(),
        ConcurrencyLimit::new(1024),
        Timeout::new(Duration::from_secs(30)),
    )
        .layer(endpoint_fn(handle));
    let server = Server::json(endpoint).operation(Operation::new("stringsvc", "uppercase"));
    serve(listener, Router::new().post("/uppercase", server)).await;
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
