//! axum, as its own first example.

use std::io;

use axum::{Json, Router, routing::post};
use tokio::net::TcpListener;

use crate::transport::wire::{Request, Response, uppercase};

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    axum::serve(listener, router()).await
}

pub(super) fn router() -> Router {
    Router::new().route("/uppercase", post(handle))
}

async fn handle(Json(request): Json<Request>) -> Json<Response> {
    Json(uppercase(&request))
}
