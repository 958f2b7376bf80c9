//! An HTTP/1.1 connection.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    server::conn::http1::{Builder, UpgradeableConnection},
    service::{HttpService, Service},
};
use hyper_util::rt::TokioIo;
use tokio::time::Instant;

use super::{
    BoxError,
    activity::{Activity, HeadTimer},
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
    pub(super) fn new(
        io: Io<T>,
        service: Tracked<S>,
        activity: Arc<Activity>,
        limits: &Limits,
        now: Instant,
    ) -> Self {
        let mut builder = Builder::new();
        builder
            .timer(HeadTimer::new(activity, now.into_std()))
            // Only so that the timer is used: its limits are the driver's.
            .header_read_timeout(Duration::from_secs(1))
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

    fn stage(activity: &Activity) -> Stage {
        match activity.epoch() {
            // hyper has not begun.
            0 => Stage::First,
            _ if !activity.is_waiting() => Stage::Busy,
            _ if activity.has_received() => Stage::Head,
            1 => Stage::First,
            _ => Stage::Idle,
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
