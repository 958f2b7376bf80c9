//! Five layers that do something, ours and tower's.
//!
//! The order, from the outside: take down the outcome and the duration, catch panics, limit the
//! calls in flight, limit the time, map the request. Taking down is two clock reads and two atomic
//! additions on both sides: formatting a line is another benchmark.

use std::{
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context as Task, Poll},
    time::{Duration, Instant},
};

use oxkit_core::{Context, Endpoint, Hook, Layer, Outcome, future::catch_panic, hook};
use oxkit_endpoint::{CatchPanic, ConcurrencyLimit, Timeout, map_request};
use tokio::runtime::Runtime;
use tower::{
    BoxError, Service, ServiceBuilder,
    util::{BoxCloneService, MapRequestLayer},
};

use super::{
    chain::{Chain, id},
    message::Message,
    ours, tower_written,
};

pub(super) const OURS: &str = "oxkit, realistic";
pub(super) const TOWER: &str = "tower, realistic";

const LIMIT: Duration = Duration::from_secs(1);
const IN_FLIGHT: usize = 64;

const fn next_version(message: Message) -> Message {
    Message { version: message.version + 1, ..message }
}

/// Where both sides take down what happened.
#[derive(Clone, Default)]
struct Book {
    calls: Arc<AtomicU64>,
    nanos: Arc<AtomicU64>,
}

impl Book {
    fn take_down(&self, started: Instant) {
        self.calls.fetch_add(1, Relaxed);
        let nanos = started.elapsed().as_nanos();
        self.nanos.fetch_add(u64::try_from(nanos).unwrap_or(u64::MAX), Relaxed);
    }
}

impl<E: Endpoint> Hook<E> for Book {
    type State = Instant;

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<Instant, E::Error> {
        Ok(Instant::now())
    }

    fn after(&self, started: Instant, _: Outcome<'_, E::Response, E::Error>) {
        self.take_down(started);
    }
}

type Boxed = Pin<Box<dyn Future<Output = Result<Message, BoxError>> + Send>>;

/// What users of tower write for what tower does not have.
macro_rules! written {
    ($service:ident $($state:ident: $type:ty)?, |$future:ident| $body:expr) => {
        #[derive(Clone)]
        struct $service<S> {
            inner: S,
            $($state: $type,)?
        }

        impl<S> Service<Message> for $service<S>
        where
            S: Service<Message, Response = Message, Error = BoxError> + Clone + Send + 'static,
            S::Future: Send,
        {
            type Response = Message;
            type Error = BoxError;
            type Future = Boxed;

            fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), BoxError>> {
                self.inner.poll_ready(task)
            }

            fn call(&mut self, message: Message) -> Boxed {
                let clone = self.inner.clone();
                let mut ready = mem::replace(&mut self.inner, clone);
                $(let $state = self.$state.clone();)?
                Box::pin(async move {
                    let $future = ready.call(message);
                    $body
                })
            }
        }
    };
}

written!(Booked book: Book, |future| {
    let started = Instant::now();
    let answer = future.await;
    book.take_down(started);
    answer
});

written!(Caught, |future| catch_panic(future).await.unwrap_or_else(|panic| Err(panic.into())));

fn ours(pending: bool, runtime: &Arc<Runtime>) -> Chain {
    let endpoint = (
        hook(Book::default()),
        CatchPanic::new(),
        ConcurrencyLimit::new(IN_FLIGHT),
        Timeout::new(LIMIT),
        map_request(next_version),
    )
        .layer(ours::leaf::<5>(pending));
    within(runtime, || Chain::ours(id(OURS, 5, pending), endpoint))
}

fn tower(pending: bool, runtime: &Arc<Runtime>) -> Chain {
    let book = Book::default();
    let service = ServiceBuilder::new()
        .layer_fn(move |inner| Booked { inner, book: book.clone() })
        .layer_fn(|inner| Caught { inner })
        .concurrency_limit(IN_FLIGHT)
        .timeout(LIMIT)
        .layer(MapRequestLayer::new(next_version))
        .service(tower_written::leaf::<5>(pending));
    within(runtime, || tower_written::chain(id(TOWER, 5, pending), service, BoxCloneService::new))
}

/// Timers want to know their runtime, also where nobody waits for them.
pub(crate) fn within(runtime: &Arc<Runtime>, build: impl FnOnce() -> Chain) -> Chain {
    let mut chain = {
        let _entered = runtime.enter();
        build()
    };
    let runtime = runtime.clone();
    let mut run = mem::replace(&mut chain.case.run, Box::new(|_| ()));
    chain.case.run = Box::new(move |calls| {
        let _entered = runtime.enter();
        run(calls);
    });
    chain
}

/// A runtime whose timers nobody drives: no call waits as long as that.
pub(crate) fn timers() -> Arc<Runtime> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    Arc::new(runtime.expect("a runtime without threads or sockets can be made"))
}

pub(super) fn chains() -> Vec<Chain> {
    let runtime = timers();
    let both = |pending| [ours(pending, &runtime), tower(pending, &runtime)];
    [false, true].into_iter().flat_map(both).collect()
}
