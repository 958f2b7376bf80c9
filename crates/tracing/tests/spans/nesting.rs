//! A span is entered while its call is polled, and at no other time.

use std::future::ready;

use oxkit_core::{Context, Endpoint, Layer, Refusal, SpanContext, endpoint_fn};
use oxkit_tracing::Spans;
use tracing::{Instrument, Span, info, info_span};

use super::{Answer, book::Book, once_pending, poll, run, served, waits};

/// Says something before and after it had to wait, within a span of its own.
async fn chatty(_: Context, name: &'static str) -> Answer {
    info!("{name} begins");
    async { once_pending().await }.instrument(info_span!("by hand")).await;
    info!("{name} ends");
    Ok(name)
}

#[test]
fn calls_that_take_turns_on_a_thread_never_mix() {
    let endpoint = Spans::server().layer(endpoint_fn(chatty));
    let book = Book::default();
    book.listen(|| {
        let mut a = Box::pin(endpoint.call(served(), "a"));
        let mut b = Box::pin(endpoint.call(served(), "b"));
        for _ in 0..2 {
            let _ = poll(a.as_mut());
            assert!(Span::current().is_none(), "between two polls no span is entered");
            let _ = poll(b.as_mut());
        }
    });
    let spans = book.spans();
    let events: Vec<_> = spans.iter().map(|span| span.events.join(", ")).collect();
    assert_eq!(events, ["a begins, a ends", "b begins, b ends", "", ""]);
    let parents: Vec<_> = spans.iter().map(|span| span.parent).collect();
    assert_eq!(parents, [None, None, Some(0), Some(1)]);
    assert!(spans.iter().all(|span| span.is_closed && span.entered == span.exited));
}

#[test]
fn work_that_begins_before_the_first_poll_is_in_the_span() {
    let endpoint = Spans::server().layer(endpoint_fn(|_: Context, (): ()| {
        info!("eager");
        ready(Ok::<_, Refusal>(()))
    }));
    let book = Book::default();
    book.listen(|| run(endpoint.call(served(), ()))).unwrap();
    assert_eq!(book.span().events, ["eager"]);
}

#[test]
fn what_a_call_says_while_it_is_dropped_it_says_in_its_span() {
    struct Last;

    impl Drop for Last {
        fn drop(&mut self) {
            info!("given up");
        }
    }

    let endpoint = Spans::server().layer(endpoint_fn(async |_: Context, (): ()| {
        let _last = Last;
        std::future::pending::<Result<(), Refusal>>().await
    }));
    let book = Book::default();
    book.listen(|| {
        let mut call = Box::pin(endpoint.call(served(), ()));
        assert!(poll(call.as_mut()).is_pending());
        drop(call);
        assert!(Span::current().is_none());
    });
    assert_eq!(book.span().events, ["given up"]);
    book.span().check(&[("outcome", "cancelled")]);
}

#[test]
fn a_call_made_in_a_task_of_its_own_still_belongs_to_the_trace() {
    let inner = Spans::client().layer(waits());
    let outer =
        Spans::server().layer(endpoint_fn(async |cx: Context, (): ()| Ok::<_, Refusal>(cx)));
    let book = Book::default();
    let cx = book.listen(|| {
        let cx = run(outer.call(served(), ())).unwrap();
        // Polled where no span is entered, as a task that was spawned.
        drop(inner.call(cx.clone(), ()));
        cx
    });
    let trace = cx.get::<SpanContext>().unwrap().trace_id().to_string();
    assert!(book.spans().iter().all(|span| span.fields["trace_id"] == trace));
}

/// A layer that tries again until there is an answer: what any retry does to spans.
struct Again<E>(E);

impl<E: Endpoint<Request = u32>> Endpoint for Again<E> {
    type Request = u32;
    type Response = E::Response;
    type Error = E::Error;

    async fn call(&self, cx: Context, most: u32) -> Result<E::Response, E::Error> {
        let mut attempt = 1;
        loop {
            let answer = self.0.call(cx.clone(), attempt).await;
            if answer.is_ok() || attempt == most {
                return answer;
            }
            attempt += 1;
        }
    }
}

#[test]
fn each_attempt_is_a_client_span_below_the_span_of_the_call() {
    let remote = endpoint_fn(async |_: Context, attempt: u32| {
        once_pending().await;
        if attempt < 3 { Err(Refusal::new(oxkit_core::Reason::NoInstance)) } else { Ok(attempt) }
    });
    let call = Spans::internal().layer(Again(Spans::client().layer(remote)));
    let book = Book::default();
    assert_eq!(book.listen(|| run(call.call(served(), 5))).unwrap(), 3);

    let spans = book.spans();
    let names: Vec<_> = spans.iter().map(|span| (span.name, span.parent)).collect();
    assert_eq!(
        names,
        [("internal", None), ("client", Some(0)), ("client", Some(0)), ("client", Some(0))]
    );
    let outcomes: Vec<_> = spans.iter().map(|span| &*span.fields["outcome"]).collect();
    assert_eq!(outcomes, ["ok", "error", "error", "ok"]);
    let mut ids: Vec<_> = spans.iter().map(|span| &*span.fields["span_id"]).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}
