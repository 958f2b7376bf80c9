//! What axum can answer, as an encoder.

use ::axum::response::IntoResponse;
use http::Response;
use oxkit_core::{Context, Failure};

use crate::{Body, Encode};

/// Encodes whatever axum can answer: strings, tuples with a status and headers, `Json`, `Html` and
/// all else that is [`IntoResponse`].
///
/// ```
/// use axum::response::Html;
/// use oxkit_core::{Refusal, endpoint_fn};
/// use oxkit_transport_http::{Server, decode_nothing, with_axum::ResponseCodec};
///
/// let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(Html("<p>hello</p>")));
/// let server = Server::new(endpoint, decode_nothing, ResponseCodec);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct ResponseCodec;

impl<T: IntoResponse + Send> Encode<T> for ResponseCodec {
    const USES_CONTEXT: bool = false;

    async fn encode(&self, _: Context, response: T) -> Result<Response<Body>, Box<dyn Failure>> {
        Ok(response.into_response().map(Body::new))
    }
}
