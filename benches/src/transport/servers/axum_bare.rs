//! axum, as its own first example.

use std::io;

use axum::{Json, Router, routing::post};
use tokio::net::TcpListener;

use crate::transport::wire::{Numbers, Request, Response, sum, uppercase};

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    axum::serve(listener, router()).await
}

pub(super) fn router() -> Router {
    Router::new().route("/uppercase", post(handle))
}

/// What addsvc is asked, and nothing around it.
pub(super) async fn serve_sum(listener: TcpListener) -> io::Result<()> {
    let handle = async |Json(numbers): Json<Numbers>| Json(sum(&numbers));
    axum::serve(listener, Router::new().route("/sum", post(handle))).await
}

async fn handle(Json(request): Json<Request>) -> Json<Response> {
    Json(uppercase(&request))
}
