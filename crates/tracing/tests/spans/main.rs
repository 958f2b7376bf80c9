//! Spans of endpoints: which calls have one, what is in it, when it is entered, how it ends.

mod book;
mod ends;
mod ids;
mod nesting;
mod sampling;
#[path = "../support/mod.rs"]
mod support;

use std::{
    future::{pending, ready},
    pin::Pin,
    task::{Context as Task, Poll, Waker},
};

use oxkit_core::{Context, Endpoint, Layer, Operation, Refusal, endpoint_fn};
use oxkit_tracing::{Spans, SpansEndpoint};
use static_assertions::assert_impl_all;

use book::Book;
use support::run;

assert_impl_all!(Spans: Send, Sync, Clone, std::fmt::Debug);
assert_impl_all!(SpansEndpoint<oxkit_tracing::OnlyErrors, oxkit_core::BoxEndpoint<(), (), Refusal>>: Endpoint, Clone);

const ADD: Operation = Operation::new("todosvc", "Add");

type Answer = Result<&'static str, Refusal>;

/// The context of a request for [`ADD`].
fn served() -> Context {
    Context::new().with_operation(ADD)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Task::from_waker(Waker::noop()))
}

/// Pending once, as a call that waits for something.
async fn once_pending() {
    let mut is_first = true;
    std::future::poll_fn(|_| {
        if std::mem::take(&mut is_first) { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
}

/// An endpoint that answers at once.
fn answers(
    answer: Answer,
) -> impl Endpoint<Request = (), Response = &'static str, Error = Refusal> {
    endpoint_fn(move |_: Context, (): ()| ready(answer.clone()))
}

/// An endpoint that never does.
fn waits() -> impl Endpoint<Request = (), Response = (), Error = Refusal> {
    endpoint_fn(|_: Context, (): ()| pending::<Result<(), Refusal>>())
}

#[test]
fn the_future_of_a_call_is_three_words_longer() {
    let nothing = || endpoint_fn(|_: Context, (): ()| ready(Ok::<_, Refusal>(())));
    let plain = size_of_val(&nothing().call(Context::new(), ()));
    let traced = Spans::server().layer(nothing());
    let traced = Book::default().listen(|| size_of_val(&traced.call(Context::new(), ())));
    assert!(traced <= plain + 3 * size_of::<usize>(), "{plain} {traced}");
}
