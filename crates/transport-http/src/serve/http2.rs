//! An HTTP/2 connection, which owns the tasks of its streams.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
};

use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    rt::Executor,
    server::conn::http2::{Builder, Connection as HyperConnection},
    service::{HttpService, Service},
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::task::JoinSet;

use super::{
    BoxError,
    activity::Activity,
    drain::Drain,
    driver::{Connection, Stage},
    io::{Io, OverTcp},
    limits::Limits,
    service::Tracked,
};

/// The connection and the tasks of its streams, which end with it.
pub(super) struct Http2<T, S: HttpService<Incoming>> {
    connection: HyperConnection<TokioIo<Io<T>>, S, Streams>,
    streams: Streams,
    is_known: bool,
}

impl<T, S, B> Http2<T, Tracked<S>>
where
    T: OverTcp,
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    pub(super) fn new(io: Io<T>, service: Tracked<S>, streams: Streams, limits: &Limits) -> Self {
        let mut builder = Builder::new(streams.clone());
        builder
            .timer(TokioTimer::new())
            .max_header_list_size(u32::try_from(limits.header_size).unwrap_or(u32::MAX))
            .max_concurrent_streams(limits.streams)
            .max_pending_accept_reset_streams(limits.pending_resets);
        if let Some((every, within)) = limits.ping {
            builder.keep_alive_interval(every).keep_alive_timeout(within);
        }
        Self {
            connection: builder.serve_connection(TokioIo::new(io), service),
            streams,
            is_known: false,
        }
    }
}

impl<T, S, B> Future for Http2<T, Tracked<S>>
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
            lock(&self.streams.0.driver).clone_from(task.waker());
        }
        Pin::new(&mut self.connection).poll(task)
    }
}

impl<T, S, B> Connection for Http2<T, Tracked<S>>
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

    fn stage(activity: &Activity) -> Stage {
        if activity.streams() > 0 {
            Stage::Busy
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

/// Runs each stream of a connection as a task, and can end them all.
#[derive(Debug, Clone)]
pub(super) struct Streams(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    // Bounded by the limit on concurrent streams: hyper begins no more of them, and the finished
    // ones are taken out as new ones come in.
    tasks: Mutex<JoinSet<()>>,
    driver: Mutex<Waker>,
    activity: Arc<Activity>,
    drain: Arc<Drain>,
}

impl Streams {
    pub(super) fn new(activity: Arc<Activity>, drain: Arc<Drain>) -> Self {
        Self(Arc::new(Shared {
            tasks: Mutex::default(),
            driver: Mutex::new(Waker::noop().clone()),
            activity,
            drain,
        }))
    }

    fn end(&self) {
        let mut tasks = lock(&self.0.tasks);
        self.reap(&mut tasks);
        tasks.abort_all();
    }

    fn reap(&self, tasks: &mut JoinSet<()>) {
        while let Some(ended) = tasks.try_join_next() {
            if ended.is_err_and(|error| error.is_panic()) {
                self.0.drain.count_panic();
            }
        }
    }
}

impl<F> Executor<F> for Streams
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let open = Open::new(self.clone());
        let mut tasks = lock(&self.0.tasks);
        self.reap(&mut tasks);
        tasks.spawn(async move {
            let _open = open;
            stream.await;
        });
    }
}

/// A request in flight.
struct Open(Streams);

impl Open {
    fn new(streams: Streams) -> Self {
        streams.0.activity.open_stream();
        Self(streams)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.0.0.activity.close_stream() {
            // The idle time begins, and the driver may have looked for the last time already.
            lock(&self.0.0.driver).wake_by_ref();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
