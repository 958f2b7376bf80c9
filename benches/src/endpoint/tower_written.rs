//! tower's pass-through middlewares: as users write them, and by hand.

use std::{
    mem,
    pin::Pin,
    task::{Context as Task, Poll, ready},
};

use tower::{Layer, Service, util::BoxCloneService};

use super::{
    BY_HAND, WRITTEN,
    chain::{Chain, id},
    message::{Logic, Message, PendingFor, Trouble},
};

type Boxed = Pin<Box<dyn Future<Output = Result<Message, Trouble>> + Send>>;

/// A middleware as users write it and as tower's own guide shows it: the inner service is cloned
/// into a boxed async block, the clone that was made ready is the one that is called.
#[derive(Clone)]
struct Written<S>(S);

impl<S> Service<Message> for Written<S>
where
    S: Service<Message, Response = Message, Error = Trouble> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Message;
    type Error = Trouble;
    type Future = Boxed;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Trouble>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, message: Message) -> Boxed {
        let clone = self.0.clone();
        let mut ready = mem::replace(&mut self.0, clone);
        Box::pin(async move { ready.call(message).await })
    }
}

#[derive(Clone, Copy)]
struct WrittenLayer;

impl<S> Layer<S> for WrittenLayer {
    type Service = Written<S>;

    fn layer(&self, inner: S) -> Written<S> {
        Written(inner)
    }
}

/// A middleware by an expert: no box, the inner future passed on.
#[derive(Clone)]
struct ByHand<S>(S);

impl<S: Service<Message>> Service<Message> for ByHand<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, task: &mut Task<'_>) -> Poll<Result<(), S::Error>> {
        self.0.poll_ready(task)
    }

    fn call(&mut self, message: Message) -> S::Future {
        self.0.call(message)
    }
}

#[derive(Clone, Copy)]
struct ByHandLayer;

impl<S> Layer<S> for ByHandLayer {
    type Service = ByHand<S>;

    fn layer(&self, inner: S) -> ByHand<S> {
        ByHand(inner)
    }
}

/// The leaf, with a future by hand: an async block has no name, and a box at the leaf would be one
/// allocation more than tower needs. `CHAIN` is what it is for ours.
#[derive(Clone)]
struct Leaf<const CHAIN: usize>(Logic);

pub(crate) fn leaf<const CHAIN: usize>(
    pending: bool,
) -> impl Service<Message, Response = Message, Error = Trouble, Future: Send>
+ Clone
+ Send
+ Sync
+ 'static {
    Leaf::<CHAIN>(Logic::new(pending))
}

impl<const CHAIN: usize> Service<Message> for Leaf<CHAIN> {
    type Response = Message;
    type Error = Trouble;
    type Future = Answer;

    fn poll_ready(&mut self, _: &mut Task<'_>) -> Poll<Result<(), Trouble>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, message: Message) -> Answer {
        Answer { pending: self.0.pending(), result: Some(self.0.decide(message)) }
    }
}

struct Answer {
    pending: PendingFor,
    result: Option<Result<Message, Trouble>>,
}

impl Future for Answer {
    type Output = Result<Message, Trouble>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Self::Output> {
        ready!(Pin::new(&mut self.pending).poll(task));
        Poll::Ready(self.result.take().expect("a future is not polled after it is done"))
    }
}

/// A chain with its future measured before anything is boxed, and then put behind a seam.
pub(crate) fn chain<S, B>(name: String, service: S, seam: fn(S) -> B) -> Chain
where
    S: Service<Message>,
    B: Service<Message, Response = Message, Error: std::fmt::Debug> + Clone + 'static,
{
    Chain::tower(name, size_of::<S::Future>(), seam(service))
}

/// The same for one, five and ten layers.
macro_rules! chains {
    ($design:expr, $layer:expr, $seam:expr, $pending:expr) => {{
        let name = |layers| id($design, layers, $pending);
        let a = $layer;
        let five = (a, a, a, a, a);
        let ten = (a, a, a, a, a, a, a, a, a, a);
        [
            chain(name(1), a.layer(leaf::<1>($pending)), $seam),
            chain(name(5), five.layer(leaf::<5>($pending)), $seam),
            chain(name(10), ten.layer(leaf::<10>($pending)), $seam),
        ]
    }};
}

pub(super) fn chains() -> Vec<Chain> {
    let mut all = Vec::new();
    for pending in [false, true] {
        // Its outermost layer is a box already, so the seam needs none; without a layer there is
        // none, and the optimiser would see through it.
        all.extend(chains!(WRITTEN, WrittenLayer, |chain| chain, pending));
        let bare = leaf::<0>(pending);
        all.push(chain(id(BY_HAND, 0, pending), bare, BoxCloneService::new));
        all.extend(chains!(BY_HAND, ByHandLayer, BoxCloneService::new, pending));
    }
    all
}
