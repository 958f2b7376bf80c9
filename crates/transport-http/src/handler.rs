//! What a router holds, and how it mounts elsewhere.

use std::{convert::Infallible, error::Error, fmt, future::poll_fn, pin::Pin};

use bytes::Bytes;
use http::{Request, Response, request::Parts};
use http_body::Body as HttpBody;
use oxkit_core::{ErrorKind, Failure};

use crate::{Body, PlainText, errors::render};

/// The future of a mounted handler: the one box of a request.
pub(crate) type Mounted<T> = Pin<Box<dyn Future<Output = Result<T, Infallible>> + Send>>;

/// Answers HTTP requests, and never fails to: what a [`Router`](crate::Router) holds.
///
/// A [`Server`](crate::Server) is one, and so is an `async fn(Request<Body>) -> Response<Body>`,
/// for what is no endpoint, such as a health check. [`tower_handler`] makes one of a tower service.
///
/// ```
/// use http::{Request, Response};
/// use oxkit_transport_http::{Body, Router};
///
/// async fn health(_: Request<Body>) -> Response<Body> {
///     Response::new("ok".into())
/// }
///
/// let router = Router::new().get("/health", health);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle HTTP requests",
    note = "a handler is a `Server`, an `async fn(http::Request<Body>) -> http::Response<Body>`, or a tower service through `tower_handler`"
)]
///
/// A handler of one's own is two methods: what is done at once, and what may wait. Only what the
/// first hands to the second waits with it, and a head is large.
///
/// ```
/// use http::{Method, Response, StatusCode, request::Parts};
/// use oxkit_transport_http::{Body, Handler};
///
/// /// Answers with the method.
/// struct Echo;
///
/// impl Handler for Echo {
///     type Begun = Method;
///
///     fn begin(&self, head: Parts, _: Body) -> Method {
///         head.method
///     }
///
///     async fn finish(&self, method: Method) -> Response<Body> {
///         Response::new(method.to_string().into())
///     }
/// }
/// ```
pub trait Handler: Send + Sync + 'static {
    /// What was taken of a request.
    type Begun: Send + 'static;

    /// Takes a request, in the task of the connection: not the place for a panic, which on HTTP/2
    /// would end the other requests as well.
    fn begin(&self, head: Parts, body: Body) -> Self::Begun;

    /// Answers it.
    fn finish(&self, begun: Self::Begun) -> impl Future<Output = Response<Body>> + Send;
}

impl<F, Handling> Handler for F
where
    F: Fn(Request<Body>) -> Handling + Send + Sync + 'static,
    Handling: Future<Output = Response<Body>> + Send,
{
    type Begun = Request<Body>;

    fn begin(&self, head: Parts, body: Body) -> Request<Body> {
        Request::from_parts(head, body)
    }

    fn finish(&self, request: Request<Body>) -> impl Future<Output = Response<Body>> + Send {
        self(request)
    }
}

/// Makes a handler of a tower service, such as an axum `Router` or a service of tower-http.
///
/// Each request is served by a clone of the service, which is made ready first. Its error, if it
/// has one, is answered with 500.
///
/// ```
/// use std::convert::Infallible;
/// use http::{Request, Response};
/// use oxkit_transport_http::{Body, Router, tower_handler};
///
/// let service = tower::service_fn(async |_: Request<Body>| {
///     Ok::<_, Infallible>(Response::new(Body::from("from tower")))
/// });
/// let router = Router::new().get("/tower", tower_handler(service));
/// ```
pub const fn tower_handler<S>(service: S) -> TowerHandler<S> {
    TowerHandler(service)
}

/// A tower service as a handler, made by [`tower_handler`].
#[derive(Clone)]
pub struct TowerHandler<S>(S);

impl<S, B> Handler for TowerHandler<S>
where
    S: tower_service::Service<Request<Body>, Response = Response<B>>,
    S: Clone + Send + Sync + 'static,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    S::Future: Send,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Begun = Request<Body>;

    fn begin(&self, head: Parts, body: Body) -> Request<Body> {
        Request::from_parts(head, body)
    }

    async fn finish(&self, request: Request<Body>) -> Response<Body> {
        let mut service = self.0.clone();
        let ready = poll_fn(|task| service.poll_ready(task)).await.map_err(Into::into);
        let answer = match ready {
            Ok(()) => service.call(request).await.map_err(Into::into),
            Err(error) => Err(error),
        };
        match answer {
            Ok(response) => response.map(Body::new),
            Err(error) => render(&PlainText, &ServiceFailed(error)),
        }
    }
}

impl<S> fmt::Debug for TowerHandler<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerHandler").finish_non_exhaustive()
    }
}

/// A tower service failed instead of answering.
#[derive(Debug)]
struct ServiceFailed(Box<dyn Error + Send + Sync>);

impl fmt::Display for ServiceFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the service failed")
    }
}

impl Error for ServiceFailed {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}

impl Failure for ServiceFailed {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }
}

/// Mounts a cloneable [`Handler`] wherever a tower or a hyper service is expected.
///
/// A macro, as a blanket impl of a foreign trait is not ours to write.
macro_rules! mount {
    ([$($generics:tt)*] $handler:ty $(, where $($bounds:tt)+)?) => {
        /// Boxes one future a request, and shares the handler with it.
        impl<$($generics)* Incoming> tower_service::Service<http::Request<Incoming>> for $handler
        where
            Incoming: http_body::Body<Data = bytes::Bytes> + Send + 'static,
            Incoming::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
            $($($bounds)+)?
        {
            type Response = http::Response<$crate::Body>;
            type Error = std::convert::Infallible;
            type Future = std::pin::Pin<
                Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>,
            >;

            fn poll_ready(
                &mut self,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Result<(), Self::Error>> {
                std::task::Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: http::Request<Incoming>) -> Self::Future {
                let (head, body) = request.into_parts();
                self.mounted(head, $crate::Body::new(body))
            }
        }

        /// Boxes one future a request, and shares the handler with it.
        impl<$($generics)* Incoming> hyper::service::Service<http::Request<Incoming>> for $handler
        where
            Incoming: http_body::Body<Data = bytes::Bytes> + Send + 'static,
            Incoming::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
            $($($bounds)+)?
        {
            type Response = http::Response<$crate::Body>;
            type Error = std::convert::Infallible;
            type Future = std::pin::Pin<
                Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>,
            >;

            fn call(&self, request: http::Request<Incoming>) -> Self::Future {
                let (head, body) = request.into_parts();
                self.mounted(head, $crate::Body::new(body))
            }
        }

        /// Mounts as an axum handler, for any state.
        #[cfg(feature = "axum")]
        impl<$($generics)* State> ::axum::handler::Handler<$crate::with_axum::Mount, State> for $handler
        where
            $($($bounds)+)?
        {
            type Future = std::pin::Pin<Box<dyn Future<Output = ::axum::response::Response> + Send>>;

            fn call(self, request: ::axum::extract::Request, _: State) -> Self::Future {
                $crate::with_axum::mounted(self, request)
            }
        }
    };
}

pub(crate) use mount;
