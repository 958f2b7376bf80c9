//! Another response type outside than inside.

use oxkit_core::{Context, Endpoint};

use super::plumbing::answer_layer;
use crate::future::map_output;

/// Makes a layer that turns the inner endpoint's response into another.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::map_response;
///
/// #[derive(Debug, PartialEq)]
/// struct CountResponse { v: usize }
///
/// let count = endpoint_fn(async |_cx, s: &str| Ok::<_, Refusal>(s.len()));
/// let endpoint = map_response(|v: usize| CountResponse { v }).layer(count);
/// let answer = endpoint.call(Context::new(), "hello").await;
/// assert_eq!(answer.unwrap(), CountResponse { v: 5 });
/// # }
/// ```
pub const fn map_response<From, To, F>(f: F) -> MapResponse<F>
where
    F: Fn(From) -> To + Send + Sync,
    To: Send,
{
    MapResponse { f }
}

/// A change of the response as a layer, made by [`map_response`].
#[derive(Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct MapResponse<F> {
    f: F,
}

/// An endpoint with another response type, made by [`map_response`].
#[derive(Clone, Copy)]
pub struct MapResponseEndpoint<F, E> {
    f: F,
    inner: E,
}

answer_layer!(MapResponse, MapResponseEndpoint);

impl<F, Response, E> Endpoint for MapResponseEndpoint<F, E>
where
    E: Endpoint,
    F: Fn(E::Response) -> Response + Send + Sync,
    Response: Send,
{
    type Request = E::Request;
    type Response = Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<Response, E::Error>> + Send {
        map_output(self.inner.call(cx, request), |result: Result<E::Response, E::Error>| {
            result.map(&self.f)
        })
    }
}
