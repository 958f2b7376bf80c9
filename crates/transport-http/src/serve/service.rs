//! What the loop adds to the service of a connection.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Request, Response, StatusCode, header::CONNECTION};
use http_body::{Body, Frame, SizeHint};
use hyper::{body::Incoming, service::Service};
use oxkit_core::Peer;
use pin_project_lite::pin_project;

use super::{
    activity::{Activity, Busy},
    drain::Drain,
};

/// The service of one HTTP/1 connection.
#[derive(Debug)]
pub(super) struct Tracked<S> {
    service: S,
    peer: Option<Peer>,
    activity: Arc<Activity>,
    drain: Arc<Drain>,
}

impl<S> Tracked<S> {
    pub(super) const fn new(
        service: S,
        peer: Option<Peer>,
        activity: Arc<Activity>,
        drain: Arc<Drain>,
    ) -> Self {
        Self { service, peer, activity, drain }
    }
}

impl<S, B> Service<Request<Incoming>> for Tracked<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = Response<TrackedBody<B>>;
    type Error = S::Error;
    type Future = TrackedFuture<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        let busy = Some(Busy::new(&self.activity));
        // A request that came in while serving ends, and is answered at once, would otherwise be
        // answered before hyper was told to close. The flag is read here, for a future that held it
        // would count references that all connections share.
        let is_last = self.drain.has_begun();
        TrackedFuture { inner: self.service.call(request), busy, is_last }
    }
}

pin_project! {
    /// The future of [`Tracked`].
    #[derive(Debug)]
    pub(super) struct TrackedFuture<F> {
        #[pin]
        inner: F,
        busy: Option<Busy>,
        is_last: bool,
    }
}

impl<F, B, E> Future for TrackedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<TrackedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (mut head, inner) = ready!(this.inner.poll(task))?.into_parts();
        // An upgrade is no longer the loop's, and `connection` is what names it.
        if *this.is_last && head.status != StatusCode::SWITCHING_PROTOCOLS {
            head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let body = TrackedBody { inner, busy: this.busy.take() };
        Poll::Ready(Ok(Response::from_parts(head, body)))
    }
}

pin_project! {
    /// A response body that keeps its connection busy until hyper lets go of it.
    #[derive(Debug)]
    pub(super) struct TrackedBody<B> {
        #[pin]
        inner: B,
        busy: Option<Busy>,
    }
}

impl<B: Body> Body for TrackedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.project().inner.poll_frame(task)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
