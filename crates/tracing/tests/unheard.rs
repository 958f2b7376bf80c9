//! Calls that nobody listens to. In a program of its own: what one thread listens to shows in all.

#[expect(dead_code, reason = "shared with the other tests of spans, which use more of it")]
mod support;

use std::future::ready;

use allocation_counter::measure;
use oxkit_core::{Context, Endpoint, Layer, Operation, Refusal, SpanContext, endpoint_fn};
use oxkit_tracing::Spans;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{Registry, layer::SubscriberExt};

use support::{CountedNo, run};

#[test]
fn where_nobody_listens_nobody_is_asked_nothing_is_allocated_and_the_context_is_as_it_was() {
    let no = CountedNo::default();
    let tell = endpoint_fn(|cx: Context, (): ()| ready(Ok::<_, Refusal>(cx)));
    let endpoint = Spans::server().sampled_by(no.clone()).layer(Spans::client().layer(tell));
    let cx = Context::new().with_operation(Operation::new("todosvc", "Add"));
    let call = || run(endpoint.call(cx.clone(), ())).expect("it answers");
    let check = || {
        let inside = call();
        assert!(!inside.is_unsampled() && inside.get::<SpanContext>().is_none());
        assert_eq!(measure(|| drop(call())).count_total, 0);
        assert_eq!(no.asked(), 0);
    };

    check();
    // Or where whoever listens wants less than this.
    let less = Registry::default().with(LevelFilter::WARN);
    tracing::subscriber::with_default(less, check);

    let enough = Registry::default().with(LevelFilter::INFO);
    assert!(tracing::subscriber::with_default(enough, call).is_unsampled());
    assert_eq!(no.asked(), 1);
}
