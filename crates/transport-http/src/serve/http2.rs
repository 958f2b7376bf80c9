//! An HTTP/2 connection, which owns the tasks of its streams.

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
    server::conn::http2::{Builder, Connection as HyperConnection},
    service::{HttpService, Service},
};
use hyper_util::rt::TokioIo;

use super::{
    BoxError,
    activity::Activity,
    batch::Batch,
    clock::Clock,
    driver::{Connection, Stage},
    io::{Io, OverTcp},
    limits::Limits,
    streams::{Streamed, Streams},
};

/// hyper adds its times to the clock, which the longest would overflow. This is ten years.
const FOR_EVER: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// The connection and the tasks of its streams, which end with it.
pub(super) struct Http2<T, S: HttpService<Incoming>> {
    connection: HyperConnection<TokioIo<Batch<Io<T>>>, S, Streams>,
    streams: Streams,
    is_known: bool,
}

impl<T, S, B> Http2<T, Streamed<S>>
where
    T: OverTcp,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    pub(super) fn new(
        io: Io<T>,
        service: Streamed<S>,
        streams: Streams,
        limits: &Limits,
        activity: Arc<Activity>,
    ) -> Self {
        let mut builder = Builder::new(streams.clone());
        builder
            .max_header_list_size(u32::try_from(limits.header_size).unwrap_or(u32::MAX))
            .max_concurrent_streams(limits.streams)
            .max_pending_accept_reset_streams(limits.pending_resets);
        let mut clock = None;
        if let Some((every, within)) = limits.ping
            && every < FOR_EVER
        {
            builder.timer(clock.insert(Clock::new()).clone());
            builder.keep_alive_interval(every).keep_alive_timeout(within.min(FOR_EVER));
        }
        Self {
            connection: builder
                .serve_connection(TokioIo::new(Batch::new(io, activity, clock)), service),
            streams,
            is_known: false,
        }
    }
}

impl<T, S, B> Future for Http2<T, Streamed<S>>
where
    T: OverTcp,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Output = Result<(), hyper::Error>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.is_known {
            self.is_known = true;
            self.streams.report_to(task.waker());
        }
        Pin::new(&mut self.connection).poll(task)
    }
}

impl<T, S, B> Connection for Http2<T, Streamed<S>>
where
    T: OverTcp,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Io = Io<T>;

    const ENDS_ABRUPTLY: bool = false;

    // Where it wakes itself it is to go to the end of the queue: see `Batch`.
    const WAKES_ITSELF: bool = false;

    fn stage(activity: &Activity) -> Stage {
        if activity.streams() > 0 {
            Stage::Busy
        } else if activity.is_sending() {
            Stage::Stalled
        } else if activity.has_received() {
            Stage::Idle
        } else {
            Stage::First
        }
    }

    fn leave(&mut self) {
        Pin::new(&mut self.connection).graceful_shutdown();
    }

    fn into_io(self) -> Option<Io<T>> {
        None
    }
}

impl<T, S: HttpService<Incoming>> Drop for Http2<T, S> {
    fn drop(&mut self) {
        // Each stream's task holds the set it is in, so the set is not dropped by itself.
        self.streams.end();
    }
}

impl<T, S: HttpService<Incoming>> fmt::Debug for Http2<T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http2").finish_non_exhaustive()
    }
}
