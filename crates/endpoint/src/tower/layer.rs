//! A tower layer around an endpoint.

use std::{any::type_name, fmt, marker::PhantomData};

use oxkit_core::{Context, Endpoint, Failure, Layer, Refusal};
use tower_service::Service;

use super::{Call, EndpointService, error::BoxError, oneshot::Oneshot};

/// Makes a layer for endpoints of a tower layer.
///
/// The endpoint becomes a service of [`Call`]s, the tower layer wraps it, and the result is an
/// endpoint again. The context passes through to the inner endpoint, within the `Call`; so do its
/// errors, as [`ServiceEndpoint`](super::ServiceEndpoint) has it.
///
/// State is shared as in tower. The service is made once, when the layer is applied, and cloned for
/// each call: all calls share the semaphore of a `ConcurrencyLimit` and the worker of a `Buffer`. A
/// service that is not `Clone`, such as `RateLimit`, goes behind a `Buffer`, in one tuple or
/// `ServiceBuilder`. A `Retry` needs requests that are `Clone`, and its policy sees `Call`s.
///
/// Timeouts and load shedding of tower fail with errors of their own, whose kind is not known here:
/// use ours, or put a `MapErrLayer` around them.
///
/// A layer that spawns, as `Buffer` does, must be applied within a tokio runtime. What it spawned
/// ends when the endpoint, all its clones and their calls are gone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use std::time::Duration;
/// use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_endpoint::{Timeout, tower::tower_layer};
/// use tower::{buffer::BufferLayer, limit::RateLimitLayer};
///
/// let endpoint = (
///     Timeout::new(Duration::from_secs(30)),
///     tower_layer((BufferLayer::new(16), RateLimitLayer::new(5, Duration::from_secs(1)))),
/// )
///     .layer(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n)));
///
/// let begun = tokio::time::Instant::now();
/// for n in 0..11 {
///     assert_eq!(endpoint.call(Context::new(), n).await.unwrap(), n);
/// }
/// assert_eq!(begun.elapsed().as_secs(), 2);
/// # }
/// ```
pub const fn tower_layer<L>(layer: L) -> TowerLayer<L> {
    TowerLayer(layer)
}

/// A tower layer as a layer for endpoints, made by [`tower_layer`].
#[derive(Debug, Clone, Copy)]
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct TowerLayer<L>(L);

impl<L, E> Layer<E> for TowerLayer<L>
where
    L: Layer<EndpointService<E>>,
    E: Endpoint,
{
    type Service = TowerLayerEndpoint<L::Service, E::Request, E::Error>;

    fn layer(&self, inner: E) -> Self::Service {
        TowerLayerEndpoint {
            service: self.0.layer(EndpointService::new(inner)),
            signature: PhantomData,
        }
    }
}

/// An endpoint with a tower layer around it, made by [`tower_layer`].
pub struct TowerLayerEndpoint<S, Request, Error> {
    service: S,
    signature: PhantomData<fn(Request) -> Error>,
}

impl<S, Request, Error> Endpoint for TowerLayerEndpoint<S, Request, Error>
where
    S: Service<Call<Request>, Response: Send, Error: Into<BoxError> + 'static, Future: Send>,
    S: Clone + Send + Sync,
    Request: Send,
    Error: Failure + From<Refusal>,
{
    type Request = Request;
    type Response = S::Response;
    type Error = Error;

    fn call(
        &self,
        cx: Context,
        request: Request,
    ) -> impl Future<Output = Result<S::Response, Error>> + Send {
        Oneshot::new(self.service.clone(), Call::new(cx, request))
    }
}

impl<S: Clone, Request, Error> Clone for TowerLayerEndpoint<S, Request, Error> {
    fn clone(&self) -> Self {
        Self { service: self.service.clone(), signature: PhantomData }
    }
}

impl<S, Request, Error> fmt::Debug for TowerLayerEndpoint<S, Request, Error> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TowerLayerEndpoint").field(&type_name::<S>()).finish()
    }
}
