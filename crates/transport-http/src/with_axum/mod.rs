//! Meeting axum: its extractors decode for us, its responses are encoded, and our handlers mount in
//! its router.
//!
//! ```
//! use axum::{Json, Router, extract::Path, routing::post};
//! use oxkit_core::{Refusal, endpoint_fn};
//! use oxkit_transport_http::{JsonCodec, Server, with_axum::extract};
//!
//! struct Rename { id: u64, name: String }
//!
//! let rename = endpoint_fn(async |_cx, rename: Rename| {
//!     Ok::<_, Refusal>(format!("{} is now {}", rename.id, rename.name))
//! });
//! let decode = extract(|Path(id): Path<u64>, Json(name): Json<String>| Rename { id, name });
//!
//! let app: Router = Router::new().route("/todos/{id}", post(Server::new(rename, decode, JsonCodec)));
//! ```

mod extract;
mod respond;

use std::pin::{Pin, pin};

use axum::{extract::Request, response::Response};

use crate::{Body, Handler};

pub use extract::{Extract, ExtractAsync, Extractors, extract, extract_async};
pub use respond::ResponseCodec;

/// Tells axum's trait for handlers apart: ours are handlers through this marker. Never a value.
#[derive(Debug, Clone, Copy)]
pub enum Mount {}

pub(crate) fn mounted<H>(
    handler: H,
    request: Request,
) -> Pin<Box<dyn Future<Output = Response> + Send>>
where
    H: Handler,
{
    let (head, body) = request.into_parts();
    let begun = handler.begin(head, Body::new(body));
    Box::pin(async move {
        let answering = pin!(handler.finish(begun));
        answering.await.map(::axum::body::Body::from)
    })
}
