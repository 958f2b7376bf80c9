//! The same five in tower, written by hand as well as tower allows: no boxes but the one at the
//! seam, and what the layers share behind one pointer each.

use std::{
    num::NonZeroU32,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll, ready},
    time::Instant,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use pin_project_lite::pin_project;
use prometheus::{Histogram, HistogramOpts, IntCounter};
use recloser::{AsyncRecloser, Error, Recloser, RecloserFuture};
use tokio::runtime::Runtime;
use tower::{
    BoxError, Service, ServiceBuilder, ServiceExt,
    util::{BoxCloneService, BoxCloneSyncService, Oneshot},
};

use super::{TOWER, TOWER_AXUM, layers::LIMIT, pending};
use crate::endpoint::{
    chain::Chain,
    message::{Message, Trouble},
    realistic::within,
    tower_written::{chain, leaf},
};

/// What is measured, by the prometheus crate.
struct Instruments {
    requests: IntCounter,
    duration: Histogram,
}

#[derive(Clone)]
struct Instrument<S> {
    inner: S,
    instruments: Arc<Instruments>,
}

pin_project! {
    struct Instrumented<F> {
        #[pin]
        inner: F,
        started: Instant,
        instruments: Arc<Instruments>,
    }
}

impl<F: Future> Future for Instrumented<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<F::Output> {
        let this = self.project();
        let output = ready!(this.inner.poll(task));
        this.instruments.duration.observe(this.started.elapsed().as_secs_f64());
        Poll::Ready(output)
    }
}

impl<S: Service<Message>> Service<Message> for Instrument<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Instrumented<S::Future>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(task)
    }

    fn call(&mut self, message: Message) -> Self::Future {
        self.instruments.requests.inc();
        let started = Instant::now();
        let instruments = self.instruments.clone();
        Instrumented { inner: self.inner.call(message), started, instruments }
    }
}

pin_project! {
    /// A call, or what it was refused with.
    #[project = RefusableProj]
    enum Refusable<F> {
        Running { #[pin] inner: F },
        Refused { with: Option<BoxError> },
    }
}

impl<F, T> Future for Refusable<F>
where
    F: Future<Output = Result<T, BoxError>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<F::Output> {
        match self.project() {
            RefusableProj::Running { inner } => inner.poll(task),
            RefusableProj::Refused { with } => {
                Poll::Ready(Err(with.take().expect("a future is not polled after it is done")))
            }
        }
    }
}

/// Two that refuse or call.
macro_rules! refusing {
    ($service:ident { $state:ident: $type:ty }, $refused:expr, $with:literal) => {
        #[derive(Clone)]
        struct $service<S> {
            inner: S,
            $state: $type,
        }

        impl<S: Service<Message, Error = BoxError>> Service<Message> for $service<S> {
            type Response = S::Response;
            type Error = BoxError;
            type Future = Refusable<S::Future>;

            fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), BoxError>> {
                self.inner.poll_ready(task)
            }

            fn call(&mut self, message: Message) -> Self::Future {
                let refused: fn(&$type) -> bool = $refused;
                if refused(&self.$state) {
                    return Refusable::Refused { with: Some($with.into()) };
                }
                Refusable::Running { inner: self.inner.call(message) }
            }
        }
    };
}

refusing!(Deadline { end: Instant }, |end| Instant::now() >= *end, "too late");
refusing!(Limit { limiter: Arc<DefaultDirectRateLimiter> }, |it| it.check().is_err(), "too often");

#[derive(Clone)]
struct Break<S> {
    inner: S,
    breaker: AsyncRecloser,
}

impl<S, T> Service<Message> for Break<S>
where
    S: Service<
            Message,
            Response = T,
            Error = BoxError,
            Future: Future<Output = Result<T, BoxError>>,
        >,
{
    type Response = T;
    type Error = Error<BoxError>;
    type Future = RecloserFuture<S::Future, recloser::AnyError>;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Error<BoxError>>> {
        self.inner.poll_ready(task).map_err(Error::Inner)
    }

    fn call(&mut self, message: Message) -> Self::Future {
        self.breaker.call(self.inner.call(message))
    }
}

fn plain(error: Error<BoxError>) -> BoxError {
    match error {
        Error::Inner(error) => error,
        Error::Rejected => "open".into(),
    }
}

/// The five, around whatever is inside.
macro_rules! five {
    ($inner:expr) => {{
        let name = "the name is valid";
        let instruments = Arc::new(Instruments {
            requests: IntCounter::new("requests_total", "help").expect(name),
            duration: Histogram::with_opts(HistogramOpts::new("duration", "help")).expect(name),
        });
        let tokens = NonZeroU32::new(1_000_000_000).expect("not zero");
        let quota = Quota::per_second(tokens).allow_burst(NonZeroU32::MAX);
        let limiter = Arc::new(RateLimiter::direct(quota));
        let breaker = AsyncRecloser::from(Recloser::default());
        let end = Instant::now() + LIMIT * 1000;
        ServiceBuilder::new()
            .layer_fn(move |inner| Instrument { inner, instruments: instruments.clone() })
            .layer_fn(move |inner| Deadline { inner, end })
            .layer_fn(move |inner| Limit { inner, limiter: limiter.clone() })
            .map_err(plain)
            .layer_fn(move |inner| Break { inner, breaker: breaker.clone() })
            .timeout(LIMIT)
            .service($inner)
    }};
}

/// A route as axum has it: cloned when it is called, and once more by what is around it.
#[derive(Clone)]
struct Route(BoxCloneSyncService<Message, Message, Trouble>);

impl Service<Message> for Route {
    type Response = Message;
    type Error = Trouble;
    type Future = Oneshot<BoxCloneSyncService<Message, Message, Trouble>, Message>;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Trouble>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, message: Message) -> Self::Future {
        self.0.clone().oneshot(message)
    }
}

fn boxed_once(waits: bool) -> Chain {
    chain(pending(TOWER, waits), five!(leaf::<21>(waits)), BoxCloneService::new)
}

/// `Router::layer` of axum 0.8: the route is a box, the layers go around it, and the whole is a
/// route again. The outer one is called by value, so it is cloned once.
fn as_axum_holds_them(waits: bool) -> Chain {
    let route = Route(BoxCloneSyncService::new(leaf::<22>(waits)));
    chain(pending(TOWER_AXUM, waits), five!(route), BoxCloneSyncService::new)
}

pub(super) fn chains(runtime: &Arc<Runtime>) -> Vec<Chain> {
    let both = [boxed_once, as_axum_holds_them];
    let each = both.into_iter().flat_map(|build| [(build, false), (build, true)]);
    each.map(|(build, waits)| within(runtime, || build(waits))).collect()
}
