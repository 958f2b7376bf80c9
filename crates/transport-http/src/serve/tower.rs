//! A tower service where hyper's is expected.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Request;
use hyper::body::Incoming;
use pin_project_lite::pin_project;

/// Makes a tower service, such as axum's `Router`, one that [`serve`](super::serve) takes.
///
/// Each request is answered by a clone of the service, which is waited for until it is ready.
///
/// ```
/// use std::convert::Infallible;
/// use oxkit_transport_http::{Body, serve};
///
/// let service = tower::service_fn(async |_: http::Request<hyper::body::Incoming>| {
///     Ok::<_, Infallible>(http::Response::new(Body::from("hello")))
/// });
/// let service = serve::from_tower(service);
/// # fn takes(_: impl hyper::service::Service<http::Request<hyper::body::Incoming>>) {}
/// # takes(service);
/// ```
#[must_use]
pub const fn from_tower<S>(service: S) -> FromTower<S> {
    FromTower(service)
}

/// A tower service where hyper's is expected, made by [`from_tower`].
#[derive(Debug, Clone)]
pub struct FromTower<S>(S);

impl<S> hyper::service::Service<Request<Incoming>> for FromTower<S>
where
    S: tower_service::Service<Request<Incoming>> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = FromTowerFuture<S>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        FromTowerFuture {
            state: State::Waiting { service: self.0.clone(), request: Some(request) },
        }
    }
}

pin_project! {
    /// The future of [`FromTower`].
    pub struct FromTowerFuture<S: tower_service::Service<Request<Incoming>>> {
        #[pin]
        state: State<S, S::Future>,
    }
}

pin_project! {
    #[project = StateProj]
    enum State<S, F> {
        Waiting { service: S, request: Option<Request<Incoming>> },
        Called { #[pin] future: F },
    }
}

impl<S: tower_service::Service<Request<Incoming>>> Future for FromTowerFuture<S> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            match state.as_mut().project() {
                StateProj::Called { future } => return future.poll(task),
                StateProj::Waiting { service, request } => {
                    ready!(service.poll_ready(task))?;
                    let request = request.take().expect("a service is called once");
                    let future = service.call(request);
                    state.set(State::Called { future });
                }
            }
        }
    }
}

impl<S: tower_service::Service<Request<Incoming>>> std::fmt::Debug for FromTowerFuture<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FromTowerFuture").finish_non_exhaustive()
    }
}
