//! Calls that nobody listens to. In a program of its own: what one thread listens to shows in all.

use std::{
    future::ready,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::{Context as Task, Poll, Waker},
};

use allocation_counter::measure;
use oxkit_core::{Context, Endpoint, Layer, Operation, Refusal, SpanContext, endpoint_fn};
use oxkit_tracing::{Candidate, Sampler, Spans};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Registry, layer::SubscriberExt};

#[derive(Clone, Default)]
struct CountedNo(Arc<AtomicUsize>);

impl Sampler for CountedNo {
    fn samples(&self, _: &Candidate<'_>) -> bool {
        self.0.fetch_add(1, Relaxed);
        false
    }
}

fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Task::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing waits here"),
    }
}

#[test]
fn where_nobody_listens_nobody_is_asked_nothing_is_allocated_and_the_context_is_as_it_was() {
    let no = CountedNo::default();
    let tell = endpoint_fn(|cx: Context, (): ()| ready(Ok::<_, Refusal>(cx)));
    let endpoint = Spans::server().sampled_by(no.clone()).layer(Spans::client().layer(tell));
    let cx = Context::new().with_operation(Operation::new("todosvc", "Add"));
    let call = || at_once(endpoint.call(cx.clone(), ())).expect("it answers");
    let check = || {
        let inside = call();
        assert!(!inside.is_unsampled() && inside.get::<SpanContext>().is_none());
        assert_eq!(measure(|| drop(call())).count_total, 0);
        assert_eq!(no.0.load(Relaxed), 0);
    };

    check();
    // Or where whoever listens wants less than this.
    let less = Registry::default().with(LevelFilter::WARN);
    tracing::subscriber::with_default(less, check);

    let enough = Registry::default().with(LevelFilter::INFO);
    assert!(tracing::subscriber::with_default(enough, call).is_unsampled());
    assert_eq!(no.0.load(Relaxed), 1);
}
