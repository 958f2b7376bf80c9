//! A tower service as an endpoint.

use std::{any::type_name, fmt, marker::PhantomData};

use oxkit_core::{Context, Endpoint, Failure, Refusal};
use tower_service::Service;

use super::{error::BoxError, oneshot::Oneshot};

/// A tower service as an endpoint.
///
/// Each call is made on a clone of the service, which is first driven until it is ready; what
/// clones share (a semaphore, a connection, a buffer) calls share. A service that is not `Clone`,
/// such as tower's `RateLimit`, goes behind tower's `Buffer`, as in tower itself; one that is not
/// `Sync` does too, or becomes a `BoxCloneSyncService`.
///
/// The service knows no context. Put a [`Timeout`](crate::Timeout) around the endpoint, and the
/// deadline holds for becoming ready and for the call.
///
/// # Errors
///
/// A [`Refusal`], unless [another type](Self::with_error) was asked for. What the service fails
/// with comes back
///
/// * as it was, if it is of that type or a `Refusal`, or a box of either;
/// * otherwise as the [source](std::error::Error::source) of a refusal: of kind
///   [`Unavailable`](oxkit_core::ErrorKind::Unavailable) if the service did not become ready, so
///   that the call was not begun, and [`Unknown`](oxkit_core::ErrorKind::Unknown) if the call
///   failed.
///
/// To give foreign errors a better kind, turn them into a `Refusal` on their side, with tower's
/// `map_err`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::time::Duration;
/// use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Layer, Refusal};
/// use oxkit_endpoint::{Timeout, tower::ServiceEndpoint};
/// use tower::{ServiceExt, service_fn};
///
/// let parse = service_fn(async |text: &str| text.parse::<i32>())
///     .map_err(|_| Refusal::of_kind(ErrorKind::InvalidArgument, "not a number"));
/// let endpoint = Timeout::new(Duration::from_secs(1)).layer(ServiceEndpoint::new(parse));
///
/// assert_eq!(endpoint.call(Context::new(), "42").await.unwrap(), 42);
/// let error = endpoint.call(Context::new(), "many").await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::InvalidArgument);
/// # }
/// ```
pub struct ServiceEndpoint<S, Request, Error = Refusal> {
    service: S,
    signature: PhantomData<fn(Request) -> Error>,
}

impl<S, Request> ServiceEndpoint<S, Request>
where
    S: Service<Request, Error: Into<BoxError>>,
{
    /// Makes an endpoint of `service`. Its error is a [`Refusal`].
    pub const fn new(service: S) -> Self {
        Self { service, signature: PhantomData }
    }
}

impl<S, Request, Error> ServiceEndpoint<S, Request, Error> {
    /// The same with another error type, such as the one that the service fails with.
    pub fn with_error<Other>(self) -> ServiceEndpoint<S, Request, Other>
    where
        Other: Failure + From<Refusal>,
    {
        ServiceEndpoint { service: self.service, signature: PhantomData }
    }
}

impl<S, Request, Error> Endpoint for ServiceEndpoint<S, Request, Error>
where
    S: Service<Request, Response: Send, Error: Into<BoxError> + 'static, Future: Send>,
    S: Clone + Send + Sync,
    Request: Send,
    Error: Failure + From<Refusal>,
{
    type Request = Request;
    type Response = S::Response;
    type Error = Error;

    fn call(
        &self,
        _: Context,
        request: Request,
    ) -> impl Future<Output = Result<S::Response, Error>> + Send {
        Oneshot::new(self.service.clone(), request)
    }
}

impl<S: Clone, Request, Error> Clone for ServiceEndpoint<S, Request, Error> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), signature: PhantomData }
    }
}

impl<S, Request, Error> fmt::Debug for ServiceEndpoint<S, Request, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServiceEndpoint").field(&type_name::<S>()).finish()
    }
}
