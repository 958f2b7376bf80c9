//! The streams of an HTTP/2 connection, each a task.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use http::{Request, Response};
use hyper::{body::Incoming, rt::Executor, service::Service};
use oxkit_core::Peer;
use pin_project_lite::pin_project;
use tokio::task::JoinSet;

use super::{
    activity::Activity,
    drain::Drain,
    flow::{Flow, FlowBody, Watched},
};

/// The service of one HTTP/2 connection.
#[derive(Debug)]
pub(super) struct Streamed<S> {
    service: S,
    peer: Option<Peer>,
    streams: Streams,
}

impl<S> Streamed<S> {
    pub(super) const fn new(service: S, peer: Option<Peer>, streams: Streams) -> Self {
        Self { service, peer, streams }
    }
}

impl<S, B> Service<Request<Incoming>> for Streamed<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
{
    type Response = Response<FlowBody<B>>;
    type Error = S::Error;
    type Future = StreamedFuture<S::Future>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(peer);
        }
        let shared = &self.streams.0;
        let flow = Arc::new(Flow::new(Arc::clone(&shared.activity)));
        let inner = self.service.call(request);
        *lock(&shared.flow) = Some(Arc::clone(&flow));
        StreamedFuture { inner, flow: Some(flow) }
    }
}

pin_project! {
    /// The future of [`Streamed`].
    #[derive(Debug)]
    pub(super) struct StreamedFuture<F> {
        #[pin]
        inner: F,
        flow: Option<Arc<Flow>>,
    }
}

impl<F, B, E> Future for StreamedFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
{
    type Output = Result<Response<FlowBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let response = ready!(this.inner.poll(task))?;
        let flow = this.flow.take().expect("not polled after it is done");
        Poll::Ready(Ok(response.map(|inner| FlowBody::new(inner, flow))))
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
    write_stall_time: Duration,
    // From the service, which hyper calls, to the executor, which it calls next.
    flow: Mutex<Option<Arc<Flow>>>,
}

impl Streams {
    pub(super) fn new(
        activity: Arc<Activity>,
        drain: Arc<Drain>,
        write_stall_time: Duration,
    ) -> Self {
        Self(Arc::new(Shared {
            tasks: Mutex::default(),
            driver: Mutex::new(Waker::noop().clone()),
            activity,
            drain,
            write_stall_time,
            flow: Mutex::default(),
        }))
    }

    /// Wakes `driver` when the last stream has ended.
    pub(super) fn report_to(&self, driver: &Waker) {
        lock(&self.0.driver).clone_from(driver);
    }

    pub(super) fn end(&self) {
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
        let flow = lock(&self.0.flow).take();
        let watched = Watched::new(stream, flow, self.0.write_stall_time);
        let open = Open::new(self.clone());
        let mut tasks = lock(&self.0.tasks);
        self.reap(&mut tasks);
        tasks.spawn(async move {
            // Dropped last, when the data that the stream held is counted.
            let _open = open;
            watched.await;
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
