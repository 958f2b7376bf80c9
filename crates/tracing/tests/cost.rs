//! What a call without a span costs: nothing that can be counted. In a program of its own: a thread
//! where nobody listens, and that is the first to come to a place that makes spans, has all others
//! believe for a moment that nobody does.

#[path = "spans/book.rs"]
#[expect(dead_code, reason = "shared with the tests of spans, which look into it")]
mod book;
#[expect(dead_code, reason = "shared with the other tests of spans, which use more of it")]
mod support;

use std::future::ready;

use allocation_counter::measure;
use oxkit_core::{Context, Endpoint, Layer, Operation, Refusal, TraceFlags, endpoint_fn};
use oxkit_tracing::{Never, ParentBased, Ratio, Spans};

use book::Book;
use support::{caller, run};

fn nothing() -> impl Endpoint<Request = (), Response = (), Error = Refusal> {
    endpoint_fn(|_: Context, (): ()| ready(Ok::<_, Refusal>(())))
}

fn served() -> Context {
    Context::new().with_operation(Operation::new("todosvc", "Add"))
}

/// Allocations of a call, once everything is warm.
fn allocations<E: Endpoint<Request = ()>>(endpoint: &E, cx: &Context) -> u64 {
    let _ = run(endpoint.call(cx.clone(), ()));
    measure(|| {
        let _ = run(endpoint.call(cx.clone(), ()));
    })
    .count_total
}

#[test]
fn a_call_without_a_span_allocates_nothing() {
    let endpoint = Spans::server().layer(Spans::client().layer(nothing()));
    Book::default().listen(|| {
        let ratio = ParentBased::new(Ratio::new(0.0).unwrap());
        for spans in [Spans::server().sampled_by(Never), Spans::server().sampled_by(ratio)] {
            let endpoint = spans.layer(Spans::client().layer(nothing()));
            assert_eq!(allocations(&endpoint, &served()), 0, "the sampler says no");
        }
        let caller = caller(TraceFlags::NOT_SAMPLED);
        assert_eq!(allocations(&endpoint, &served().with(caller)), 0, "the caller said no");
        assert!(allocations(&endpoint, &served()) > 0, "a span does allocate");
    });
}
