//! Another error type outside than inside.

use oxkit_core::{Context, Endpoint, Failure, Refusal};

use super::plumbing::answer_layer;
use crate::future::map_output;

/// Makes a layer that turns the inner endpoint's error into another.
///
/// The new error is what the layers outside of this one refuse with, so it too is a [`Failure`] and
/// can be made from a [`Refusal`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::map_error;
///
/// let find = endpoint_fn(async |_cx, _id: u64| Err::<(), _>(Refusal::of_kind(ErrorKind::Unknown, "no rows")));
/// let endpoint = map_error(|error: Refusal| match error.kind() {
///     ErrorKind::Unknown => Refusal::of_kind(ErrorKind::NotFound, "no such todo").with_source(error),
///     _ => error,
/// })
/// .layer(find);
/// let error = endpoint.call(Context::new(), 7).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// # }
/// ```
pub const fn map_error<From, To, F>(f: F) -> MapError<F>
where
    F: Fn(From) -> To + Send + Sync,
    To: Failure + core::convert::From<Refusal>,
{
    MapError { f }
}

/// A change of the error as a layer, made by [`map_error`].
#[derive(Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct MapError<F> {
    f: F,
}

/// An endpoint with another error type, made by [`map_error`].
#[derive(Clone, Copy)]
pub struct MapErrorEndpoint<F, E> {
    f: F,
    inner: E,
}

answer_layer!(MapError, MapErrorEndpoint);

impl<F, Error, E> Endpoint for MapErrorEndpoint<F, E>
where
    E: Endpoint,
    F: Fn(E::Error) -> Error + Send + Sync,
    Error: Failure + From<Refusal>,
{
    type Request = E::Request;
    type Response = E::Response;
    type Error = Error;

    fn call(
        &self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, Error>> + Send {
        map_output(self.inner.call(cx, request), |result: Result<E::Response, E::Error>| {
            result.map_err(&self.f)
        })
    }
}
