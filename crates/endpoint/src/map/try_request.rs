//! Another request type outside than inside, where not every request can be turned.

use std::marker::PhantomData;

use oxkit_core::{Context, Endpoint, future::OrRefused};

use super::plumbing::request_layer;

/// Makes a layer that turns the request it is given into the one the inner endpoint takes, or
/// refuses.
///
/// The error of the function is the endpoint's own or a [`Refusal`](oxkit_core::Refusal).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::try_map_request;
///
/// let half = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n / 2));
/// let endpoint = try_map_request(|text: &str| {
///     text.parse().map_err(|_| Refusal::of_kind(ErrorKind::InvalidArgument, "not a number"))
/// })
/// .layer(half);
///
/// assert_eq!(endpoint.call(Context::new(), "42").await.unwrap(), 21);
/// let refused = endpoint.call(Context::new(), "many").await.unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::InvalidArgument);
/// # }
/// ```
pub const fn try_map_request<From, To, Error, F>(f: F) -> TryMapRequest<F, From>
where
    F: Fn(From) -> Result<To, Error> + Send + Sync,
{
    TryMapRequest { f, request: PhantomData }
}

/// A change of the request that may fail as a layer, made by [`try_map_request`].
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct TryMapRequest<F, Request> {
    f: F,
    request: PhantomData<fn(Request)>,
}

/// An endpoint with another request type, made by [`try_map_request`].
pub struct TryMapRequestEndpoint<F, Request, E> {
    f: F,
    request: PhantomData<fn(Request)>,
    inner: E,
}

request_layer!(TryMapRequest, TryMapRequestEndpoint);

impl<F, Request, Error, E> Endpoint for TryMapRequestEndpoint<F, Request, E>
where
    E: Endpoint,
    F: Fn(Request) -> Result<E::Request, Error> + Send + Sync,
    Error: Into<E::Error>,
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
        match (self.f)(request) {
            Ok(request) => OrRefused::running(self.inner.call(cx, request)),
            Err(error) => OrRefused::refused(error.into()),
        }
    }
}
