//! Our pass-through middlewares, in the three ways to write one.

use oxkit_core::{Context, Endpoint, Hook, HookLayer, Layer, Outcome, hook};
use oxkit_endpoint::{Next, from_fn};

use super::{
    ASYNC, FROM_FN, HOOKS,
    chain::{Chain, id},
    message::{Logic, Message, Trouble},
};

/// A hook that does nothing.
#[derive(Clone, Copy)]
struct Idle;

impl<E: Endpoint> Hook<E> for Idle {
    type State = ();

    fn before(&self, _: &mut Context, _: &mut E::Request) -> Result<(), E::Error> {
        Ok(())
    }

    fn after(&self, (): (), _: Outcome<'_, E::Response, E::Error>) {}
}

const IDLE: HookLayer<Idle> = hook(Idle);

/// What a user writes by hand.
struct Through<E>(E);

impl<E: Endpoint> Endpoint for Through<E> {
    type Request = E::Request;
    type Response = E::Response;
    type Error = E::Error;

    async fn call(&self, cx: Context, request: E::Request) -> Result<E::Response, E::Error> {
        self.0.call(cx, request).await
    }
}

#[derive(Clone, Copy)]
struct ThroughLayer;

impl<E> Layer<E> for ThroughLayer {
    type Service = Through<E>;

    fn layer(&self, inner: E) -> Through<E> {
        Through(inner)
    }
}

/// What a user writes as a function.
async fn through<E: Endpoint>(
    cx: Context,
    request: E::Request,
    next: Next<'_, E>,
) -> Result<E::Response, E::Error> {
    next.call(cx, request).await
}

/// The innermost endpoint. `CHAIN` tells chains apart: in a program each has its own types, and the
/// compiler inlines less of what two of them share.
struct Leaf<const CHAIN: usize>(Logic);

pub(crate) fn leaf<const CHAIN: usize>(
    pending: bool,
) -> impl Endpoint<Request = Message, Response = Message, Error = Trouble> {
    Leaf::<CHAIN>(Logic::new(pending))
}

impl<const CHAIN: usize> Endpoint for Leaf<CHAIN> {
    type Request = Message;
    type Response = Message;
    type Error = Trouble;

    async fn call(&self, _: Context, message: Message) -> Result<Message, Trouble> {
        self.0.pending().await;
        self.0.decide(message)
    }
}

/// The same for none, one, five and ten layers.
macro_rules! chains {
    ($design:expr, $layer:expr, $pending:expr) => {{
        let name = |layers| id($design, layers, $pending);
        [
            Chain::ours(name(0), leaf::<0>($pending)),
            Chain::ours(name(1), ($layer,).layer(leaf::<1>($pending))),
            Chain::ours(name(5), five!($layer).layer(leaf::<5>($pending))),
            Chain::ours(name(10), (five!($layer), five!($layer)).layer(leaf::<10>($pending))),
        ]
    }};
}

macro_rules! five {
    ($layer:expr) => {
        ($layer, $layer, $layer, $layer, $layer)
    };
}

pub(super) fn chains() -> Vec<Chain> {
    let mut all = Vec::new();
    for pending in [false, true] {
        all.extend(chains!(HOOKS, IDLE, pending));
        all.extend(chains!(ASYNC, ThroughLayer, pending));
        all.extend(chains!(FROM_FN, from_fn(through), pending));
    }
    all
}
