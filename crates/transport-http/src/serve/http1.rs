//! An HTTP/1.1 connection.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    server::conn::http1::{Builder, UpgradeableConnection},
    service::{HttpService, Service},
};
use hyper_util::rt::TokioIo;

use super::{
    BoxError,
    activity::Activity,
    driver::{Connection, Stage},
    io::{Io, OverTcp},
    limits::Limits,
    service::Tracked,
};

/// The connection, with the upgrades that hyper does.
pub(super) struct Http1<T, S: HttpService<Incoming>>(UpgradeableConnection<TokioIo<Io<T>>, S>);

impl<T, S, B> Http1<T, Tracked<S>>
where
    T: OverTcp,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    pub(super) fn new(io: Io<T>, service: Tracked<S>, limits: &Limits) -> Self {
        let mut builder = Builder::new();
        builder
            // The stream looks for the peer's end while a request waits for its answer. hyper looks
            // before each answer, and for that makes room for another request beside the one that
            // is not let go of yet: a large allocation that most requests need not pay.
            .half_close(true)
            // The driver's limits take its place. hyper has one duration for a slow head and for an
            // idle connection, makes and registers a timer for each request, and reads once more
            // after each answer to do so.
            .header_read_timeout(None)
            .max_header_size(limits.header_size);
        if let Some(headers) = limits.headers {
            builder.max_headers(headers);
        }
        Self(builder.serve_connection(TokioIo::new(io), service).with_upgrades())
    }
}

impl<T, S, B> Future for Http1<T, Tracked<S>>
where
    T: OverTcp,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    type Output = Result<(), hyper::Error>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(task)
    }
}

impl<T, S, B> Connection for Http1<T, Tracked<S>>
where
    T: OverTcp,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    B: Body + 'static,
    B::Error: Into<BoxError>,
{
    type Io = Io<T>;

    const ENDS_ABRUPTLY: bool = true;

    const WAKES_ITSELF: bool = true;

    fn stage(activity: &Activity) -> Stage {
        if activity.is_busy() {
            Stage::Busy
        } else if activity.has_received() {
            Stage::Head
        } else if activity.epoch() == 0 {
            Stage::First
        } else {
            Stage::Idle
        }
    }

    fn leave(&mut self) {
        Pin::new(&mut self.0).graceful_shutdown();
    }

    fn into_io(self) -> Option<Io<T>> {
        self.0.into_parts().map(|parts| parts.io.into_inner())
    }
}

impl<T, S: HttpService<Incoming>> fmt::Debug for Http1<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1").finish_non_exhaustive()
    }
}
