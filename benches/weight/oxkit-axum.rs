//! Hello in JSON on oxkit, mounted in axum.

use axum::{Router, routing::post};
use oxkit_core::{Context, Refusal, endpoint_fn};
use oxkit_transport_http::Server;
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
    axum::serve(listener, Router::new().route("/hello", post(Server::json(endpoint_fn(greet)))))
        .await
}

async fn greet(_: Context, hello: Hello) -> Result<Greeting, Refusal> {
    Ok(Greeting { greeting: format!("Hello, {}", hello.name) })
}
