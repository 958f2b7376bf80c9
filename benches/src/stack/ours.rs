//! oxkit's chains.

use std::{mem, sync::Arc, time::Instant};

use oxkit_core::{Context, Layer};
use oxkit_metrics::Registry;
use tokio::runtime::Runtime;
use tracing::{Dispatch, dispatcher, subscriber::NoSubscriber};

use super::{
    ALONE, BREAKER, DEADLINE, FIVE, FIVE_ARRIVED, FOUR, LIMITER, LIMITER_ARRIVED, LOGGING,
    LOGGING_OFF, MEASURE, RECEIVED, SPAN_DECIDES, SPAN_UNHEARD, SPAN_UNSAMPLED, TIMEOUT, WHOLE,
    layers::{self, LIMIT, OPERATION, five, five_arrived, four_arrived, whole},
    pending,
};
use crate::endpoint::{chain::Chain, ours::leaf, realistic::within};

/// A context with a deadline and nothing else, as that of a call a program makes by itself.
fn with_deadline() -> impl Fn() -> Context + 'static {
    let cx = Context::new().with_deadline(Instant::now() + LIMIT * 1000);
    move || cx.clone()
}

/// The context of a call under way: its own is made by whoever makes the call, once.
fn arrived() -> impl Fn() -> Context + 'static {
    let now = Instant::now();
    let cx = Context::received(now, OPERATION).with_deadline(now + LIMIT * 1000);
    move || cx.clone()
}

/// The context that a transport makes: when the request came in, its operation, its deadline.
fn received() -> Context {
    let now = Instant::now();
    Context::received(now, OPERATION).with_deadline(now + LIMIT)
}

/// Each layer by itself, and in twos where they share something.
pub(super) fn one_by_one(runtime: &Arc<Runtime>) -> Vec<Chain> {
    macro_rules! alone {
        ($($chain:literal: $name:expr => $layer:expr;)*) => {
            vec![$(within(runtime, || {
                let endpoint = $layer.layer(leaf::<$chain>(false));
                Chain::ours_with($name.to_owned(), endpoint, received)
            })),*]
        };
    }
    let mut all = alone! {
        30: LOGGING => layers::logging();
        31: LOGGING_OFF => layers::logging_off();
        32: MEASURE => layers::measure(&Registry::new());
        33: DEADLINE => layers::deadline();
        34: LIMITER => layers::limit();
        35: LIMITER_ARRIVED => layers::limit().charged_at_arrival();
        36: BREAKER => layers::breaker();
        37: TIMEOUT => layers::timeout();
        38: SPAN_UNHEARD => layers::spans();
    };
    let not_sampled = || {
        let endpoint = layers::spans().layer(leaf::<39>(false));
        Chain::ours_with(SPAN_UNSAMPLED.to_owned(), endpoint, || received().unsampled())
    };
    let decides = || {
        let endpoint = layers::spans().layer(leaf::<40>(false));
        Chain::ours_with(SPAN_DECIDES.to_owned(), endpoint, received)
    };
    all.push(heard(within(runtime, not_sampled)));
    all.push(heard(within(runtime, decides)));
    all
}

/// The same where somebody listens to spans, only while it runs.
fn heard(mut chain: Chain) -> Chain {
    let mut run = mem::replace(&mut chain.case.run, Box::new(|_| ()));
    chain.case.run = Box::new(move |calls| {
        dispatcher::with_default(&layers::listener(), || run(calls));
        // That somebody left is noticed when the next one comes.
        drop(Dispatch::new(NoSubscriber::default()));
    });
    chain
}

pub(super) fn chains(runtime: &Arc<Runtime>) -> Vec<Chain> {
    let mut all = Vec::new();
    for waits in [false, true] {
        let name = |name| pending(name, waits);
        let enter = |build: &dyn Fn() -> Chain| within(runtime, build);
        all.extend([
            enter(&|| Chain::ours_with(name(ALONE), leaf::<20>(waits), with_deadline())),
            enter(&|| {
                let endpoint = five().layer(leaf::<21>(waits));
                Chain::ours_with(name(FIVE), endpoint, with_deadline())
            }),
            enter(&|| {
                let endpoint = four_arrived().layer(leaf::<25>(waits));
                Chain::ours_with(name(FOUR), endpoint, arrived())
            }),
            enter(&|| Chain::ours_with(name(RECEIVED), leaf::<22>(waits), received)),
            enter(&|| {
                let endpoint = five_arrived().layer(leaf::<23>(waits));
                Chain::ours_with(name(FIVE_ARRIVED), endpoint, arrived())
            }),
            heard(enter(&|| {
                let endpoint = whole(&Registry::new()).layer(leaf::<24>(waits));
                Chain::ours_with(name(WHOLE), endpoint, received)
            })),
        ]);
    }
    all
}
