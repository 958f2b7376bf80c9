//! An endpoint as a tower service.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use oxkit_core::Endpoint;
use tower_service::Service;

use super::Call;

/// An endpoint as a tower service.
///
/// It takes a [`Call`], or a request alone, which is called with an empty context. It is always
/// ready: what holds a caller back inside of the endpoint does so in its future.
///
/// A clone shares the endpoint, and with it every limit inside.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use oxkit_core::{Context, Refusal, endpoint_fn};
/// use oxkit_endpoint::tower::{Call, EndpointService};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// let double = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n * 2));
/// let service = ServiceBuilder::new()
///     .concurrency_limit(5)
///     .service(EndpointService::new(double));
///
/// assert_eq!(service.clone().oneshot(21).await.unwrap(), 42);
/// let call = Call::new(Context::new(), 4);
/// assert_eq!(service.oneshot(call).await.unwrap(), 8);
/// # }
/// ```
#[derive(Debug)]
pub struct EndpointService<E>(Arc<E>);

/// The future of an [`EndpointService`].
pub type EndpointFuture<Response, Error> =
    Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

impl<E> EndpointService<E> {
    /// Makes a service of `endpoint`.
    pub fn new(endpoint: E) -> Self {
        Self(Arc::new(endpoint))
    }
}

impl<E> From<Arc<E>> for EndpointService<E> {
    fn from(endpoint: Arc<E>) -> Self {
        Self(endpoint)
    }
}

impl<E> Clone for EndpointService<E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<E, C> Service<C> for EndpointService<E>
where
    E: Endpoint + 'static,
    C: Into<Call<E::Request>>,
{
    type Response = E::Response;
    type Error = E::Error;
    type Future = EndpointFuture<E::Response, E::Error>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), E::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, call: C) -> Self::Future {
        let Call { cx, request } = call.into();
        // The future of the call borrows the endpoint and must outlive this borrow of the service.
        let endpoint = Arc::clone(&self.0);
        Box::pin(async move { endpoint.call(cx, request).await })
    }
}
