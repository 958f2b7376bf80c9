//! What the loop adds to the service of a connection.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderValue, Request, Response, header::CONNECTION};
use hyper::{body::Incoming, service::Service};
use oxkit_core::Peer;
use pin_project_lite::pin_project;

use super::drain::Drain;

/// The service of one connection.
#[derive(Debug)]
pub(super) struct Tracked<S> {
    service: S,
    peer: Option<Peer>,
    /// Set on HTTP/1.
    drain: Option<Arc<Drain>>,
}

impl<S> Tracked<S> {
    pub(super) const fn new(service: S, peer: Option<Peer>, drain: Option<Arc<Drain>>) -> Self {
        Self { service, peer, drain }
    }
}

impl<S, B> Service<Request<Incoming>> for Tracked<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = TrackedFuture<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        // A request that came in while serving ends, and is answered at once, would otherwise be
        // answered before hyper was told to close. The flag of the drain is read here, for a
        // future that held it would count references.
        let is_last = self.drain.as_ref().is_some_and(|drain| drain.has_begun());
        TrackedFuture { inner: self.service.call(request), is_last }
    }
}

pin_project! {
    /// The future of [`Tracked`].
    #[derive(Debug)]
    pub(super) struct TrackedFuture<F> {
        #[pin]
        inner: F,
        is_last: bool,
    }
}

impl<F, B, E> Future for TrackedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let mut polled = this.inner.poll(task);
        if *this.is_last
            && let Poll::Ready(Ok(response)) = &mut polled
        {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        polled
    }
}
