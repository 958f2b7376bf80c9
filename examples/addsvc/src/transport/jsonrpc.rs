//! JSON-RPC 2.0 over HTTP, on whatever path: methods `sum` and `concat`, parameters
//! `{"a": …, "b": …}`, result `{"v": …}`.
//!
//! Errors of the domain are errors here, too: their texts are the messages.

use http::Uri;
use oxkit_tracing::Propagation;
use oxkit_transport_http::{
    Pool,
    jsonrpc::{Client, Server},
};

use super::json::{called, served};
use crate::{Calling, Endpoints, operation};

/// The endpoints as JSON-RPC methods.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use addsvc::{Basic, Endpoints, transport};
/// use oxkit_tracing::{Propagation, W3c};
///
/// let endpoints = Endpoints::bare(&Arc::new(Basic));
/// let server = transport::jsonrpc::server(&endpoints, &Propagation::new(W3c::new()));
/// let call = r#"{"jsonrpc":"2.0","method":"sum","params":{"a":1,"b":2},"id":7}"#;
/// let response = server.handle(http::Request::post("/").body(call.into())?).await;
/// let answer = "{\"jsonrpc\":\"2.0\",\"result\":{\"v\":3},\"id\":7}\n";
/// assert_eq!(response.into_body().collect(100).await?, answer);
/// # Ok(())
/// # }
/// ```
pub fn server(endpoints: &Endpoints, propagation: &Propagation) -> Server {
    Server::new()
        .service("addsvc")
        .method_result("sum", served(endpoints.sum.clone()))
        .method_result("concat", served(endpoints.concat.clone()))
        .before(propagation.extractor())
}

/// The service at `uri`, such as `http://localhost:8084`.
///
/// Its methods share the connections of `pool`.
pub fn client(pool: &Pool, uri: &Uri, calling: &Calling) -> Endpoints {
    let inject = || calling.propagated().injector();
    let sum = Client::new(pool, uri.clone(), "sum").before(inject());
    let concat = Client::new(pool, uri.clone(), "concat").before(inject());
    Endpoints {
        sum: calling.around("jsonrpc", operation::SUM.clone(), called(sum)),
        concat: calling.around("jsonrpc", operation::CONCAT.clone(), called(concat)),
    }
}
