//! The smallest service: two methods of a string service over HTTP.
//!
//! ```sh
//! cargo run -p stringsvc1
//! curl -d '{"s":"hello, world"}' localhost:8080/uppercase
//! ```

mod args;

use std::io;

use oxkit_core::{Refusal, endpoint_fn_with};
use oxkit_transport_http::{Router, Server, listen, serve};
use serde::{Deserialize, Serialize};

/// The business logic. It knows neither endpoints nor HTTP.
#[derive(Clone, Copy)]
struct StringService;

#[derive(Debug, thiserror::Error)]
#[error("empty string")]
struct EmptyString;

impl StringService {
    fn uppercase(self, s: &str) -> Result<String, EmptyString> {
        if s.is_empty() { Err(EmptyString) } else { Ok(s.to_uppercase()) }
    }

    fn count(self, s: &str) -> usize {
        s.chars().count()
    }
}

#[derive(Deserialize)]
struct StringRequest {
    s: String,
}

#[derive(Serialize)]
struct UppercaseResponse {
    v: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    err: Option<String>,
}

#[derive(Serialize)]
struct CountResponse {
    v: usize,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let service = StringService;

    let uppercase = endpoint_fn_with(service, async |service, _cx, request: StringRequest| {
        Ok::<_, Refusal>(match service.uppercase(&request.s) {
            Ok(v) => UppercaseResponse { v, err: None },
            Err(error) => UppercaseResponse { v: String::new(), err: Some(error.to_string()) },
        })
    });
    let count = endpoint_fn_with(service, async |service, _cx, request: StringRequest| {
        Ok::<_, Refusal>(CountResponse { v: service.count(&request.s) })
    });

    let routes = Router::new()
        .post("/uppercase", Server::json(uppercase))
        .post("/count", Server::json(count));

    let listener = listen(&args::listen()).await.unwrap_or_else(|error| args::fail(error));
    println!("stringsvc1 listens on http://{}", listener.local_addr()?);
    serve(listener, routes).await;
    Ok(())
}
