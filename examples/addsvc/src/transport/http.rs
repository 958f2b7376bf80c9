//! HTTP with JSON.
//!
//! | request | answer |
//! |---|---|
//! | `POST /sum` `{"a": 1, "b": 2}` | 200 `{"v": 3}` |
//! | `POST /concat` `{"a": "foo", "b": "bar"}` | 200 `{"v": "foobar"}` |
//! | an error of the domain, or a body that is not understood | 400 `{"error": …}` |
//! | a limit | 429, with `Retry-After` |
//! | an open circuit breaker | 503, with `Retry-After` |

use http::{Method, Uri, uri::PathAndQuery};
use oxkit_core::Operation;
use oxkit_tracing::Propagation;
use oxkit_transport_http::{Client, GoKit, JsonCodec, JsonResultCodec, Pool, Router, Server};

use super::json::{called, served};
use crate::{Calling, Endpoints, operation};

/// The endpoints over HTTP.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use addsvc::{Basic, Endpoints, transport};
/// use oxkit_tracing::{Propagation, W3c};
///
/// let endpoints = Endpoints::bare(&Arc::new(Basic));
/// let routes = transport::http::routes(&endpoints, &Propagation::new(W3c::new()));
/// let request = http::Request::post("/sum").body(r#"{"a":1,"b":2}"#.into())?;
/// let response = routes.handle(request).await;
/// assert_eq!(response.into_body().collect(100).await?, "{\"v\":3}\n");
/// # Ok(())
/// # }
/// ```
pub fn routes(endpoints: &Endpoints, propagation: &Propagation) -> Router {
    // What both methods have in common is said once.
    macro_rules! server {
        ($method:expr, $operation:expr) => {
            Server::new(served($method.clone()), JsonCodec, JsonResultCodec)
                .operation($operation)
                .errors(GoKit)
                .before(propagation.extractor())
        };
    }
    Router::new()
        .errors(GoKit)
        .post("/sum", server!(endpoints.sum, operation::SUM.clone()))
        .post("/concat", server!(endpoints.concat, operation::CONCAT.clone()))
}

/// The service at `base`, such as `http://localhost:8081`.
///
/// Its methods share the connections of `pool`.
pub fn client(pool: &Pool, base: &Uri, calling: &Calling) -> Endpoints {
    macro_rules! method {
        ($path:literal, $operation:expr) => {{
            let operation: Operation = $operation;
            let path = Uri::from(PathAndQuery::from_static($path));
            let client = Client::json(pool, Method::POST, path)
                .base(base.clone())
                .operation(operation.clone())
                .before(calling.propagated().injector());
            calling.around("http", operation, called(client))
        }};
    }
    Endpoints {
        sum: method!("/sum", operation::SUM.clone()),
        concat: method!("/concat", operation::CONCAT.clone()),
    }
}
