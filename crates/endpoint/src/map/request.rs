//! Another request type outside than inside.

use std::marker::PhantomData;

use oxkit_core::{Context, Endpoint};

use super::plumbing::request_layer;

/// Makes a layer that turns the request it is given into the one the inner endpoint takes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::map_request;
///
/// struct Count { s: String }
///
/// let count = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s.chars().count()));
/// let endpoint = map_request(|request: Count| request.s).layer(count);
/// let answer = endpoint.call(Context::new(), Count { s: "hello".to_owned() }).await;
/// assert_eq!(answer.unwrap(), 5);
/// # }
/// ```
///
/// Use [`try_map_request`](crate::try_map_request) for a change that may fail, and a [hook](oxkit_core::hook) for one that
/// keeps the type.
pub const fn map_request<From, To, F>(f: F) -> MapRequest<F, From>
where
    F: Fn(From) -> To + Send + Sync,
{
    MapRequest { f, request: PhantomData }
}

/// A change of the request as a layer, made by [`map_request`].
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct MapRequest<F, Request> {
    f: F,
    request: PhantomData<fn(Request)>,
}

/// An endpoint with another request type, made by [`map_request`].
pub struct MapRequestEndpoint<F, Request, E> {
    f: F,
    request: PhantomData<fn(Request)>,
    inner: E,
}

request_layer!(MapRequest, MapRequestEndpoint);

impl<F, Request, E> Endpoint for MapRequestEndpoint<F, Request, E>
where
    E: Endpoint,
    F: Fn(Request) -> E::Request + Send + Sync,
    Request: Send,
{
    type Request = Request;
    type Response = E::Response;
    type Error = E::Error;

    fn call(
        &self,
        cx: Context,
        request: Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        self.inner.call(cx, (self.f)(request))
    }
}
