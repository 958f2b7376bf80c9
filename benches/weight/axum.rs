//! Hello in JSON on axum.

use axum::{Json, Router, routing::post};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

#[derive(Deserialize)]
struct Hello {
    name: String,
}

#[derive(Serialize)]
struct Greeting {
    greeting: String,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, Router::new().route("/hello", post(greet))).await
}

async fn greet(Json(hello): Json<Hello>) -> Json<Greeting> {
    Json(Greeting { greeting: format!("Hello, {}", hello.name) })
}
