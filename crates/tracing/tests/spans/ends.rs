//! What a span says, and of how its call ended.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use oxkit_core::{Context, Endpoint, ErrorKind, Layer, Reason, Refusal, endpoint_fn};
use oxkit_tracing::{Kind, Spans};

use super::{
    Answer, answers,
    book::{Book, Seen},
    poll, run, served, waits,
};

fn called(spans: &Spans, answer: Answer) -> Seen {
    let book = Book::default();
    let endpoint = spans.layer(answers(answer));
    let _ = book.listen(|| run(endpoint.call(served(), ())));
    book.span()
}

#[test]
fn a_span_has_the_names_of_the_conventions_and_ends_with_the_call() {
    let span = called(&Spans::server(), Ok("done"));
    assert_eq!(span.name, "server");
    span.check(&[
        ("otel.name", "todosvc/Add"),
        ("otel.kind", "server"),
        ("rpc.service", "todosvc"),
        ("rpc.method", "todosvc/Add"),
        ("outcome", "ok"),
        ("rpc.response.status_code", "OK"),
    ]);
    for absent in ["rpc.system.name", "error.type", "otel.status_code", "otel.status_description"] {
        assert!(!span.has(absent), "{absent}: {span:?}");
    }
    assert!(span.is_closed);
}

#[test]
fn each_kind_is_a_span_of_its_name() {
    for kind in [Kind::Server, Kind::Client, Kind::Internal, Kind::Producer, Kind::Consumer] {
        let span = called(&Spans::of_kind(kind).system("jsonrpc"), Ok("done"));
        assert_eq!(span.name, kind.name());
        span.check(&[("otel.kind", kind.name()), ("rpc.system.name", "jsonrpc")]);
    }
}

#[test]
fn an_operation_of_the_layer_goes_before_that_of_the_context_and_there_may_be_none() {
    let named = Spans::client().for_operation(oxkit_core::Operation::new("users", "Find"));
    called(&named, Ok("done")).check(&[("rpc.method", "users/Find")]);

    let book = Book::default();
    let endpoint = Spans::server().layer(answers(Ok("done")));
    book.listen(|| run(endpoint.call(Context::new(), ()))).unwrap();
    assert!(!book.span().has("rpc.method") && !book.span().has("otel.name"));
}

/// Whether a span of this kind failed by an error of that one.
fn fails(spans: &Spans, kind: ErrorKind) -> bool {
    let span = called(spans, Err(Refusal::of_kind(kind, "no").with_source("because")));
    span.check(&[("outcome", "error"), ("rpc.response.status_code", kind.name())]);
    let is_failed = span.has("otel.status_code");
    if is_failed {
        span.check(&[
            ("error.type", kind.name()),
            ("otel.status_code", "ERROR"),
            ("otel.status_description", "no: because"),
        ]);
    }
    assert_eq!(span.has("error.type"), is_failed);
    is_failed
}

#[test]
fn what_is_served_fails_by_the_servers_fault_and_what_is_called_by_any() {
    for kind in ErrorKind::ALL {
        for served in [Spans::server(), Spans::of_kind(Kind::Consumer)] {
            assert_eq!(fails(&served, kind), kind.is_server_fault(), "{kind}");
        }
        for called in [Spans::client(), Spans::internal(), Spans::of_kind(Kind::Producer)] {
            assert!(fails(&called, kind), "{kind}");
        }
    }
}

#[test]
fn causes_are_told_once_each_and_a_ring_of_them_ends() {
    #[derive(Debug)]
    struct Ring<const AT: usize>;

    impl<const AT: usize> std::fmt::Display for Ring<AT> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "{AT}")
        }
    }

    impl<const AT: usize> std::error::Error for Ring<AT> {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(if AT == 0 { &Ring::<1> } else { &Ring::<0> })
        }
    }

    let wrapped = Refusal::new(Reason::CircuitOpen).with_source(Refusal::from(Reason::CircuitOpen));
    called(&Spans::client(), Err(wrapped))
        .check(&[("otel.status_description", "circuit breaker is open")]);

    let ring = format!("no: {}", ["0: 1"; 16].join(": "));
    let error = Refusal::of_kind(ErrorKind::Internal, "no").with_source(Ring::<0>);
    called(&Spans::client(), Err(error)).check(&[("otel.status_description", &ring)]);
}

#[test]
fn a_refusal_of_a_layer_inside_is_in_the_span() {
    called(&Spans::client(), Err(Reason::CircuitOpen.into())).check(&[
        ("outcome", "error"),
        ("error.type", "UNAVAILABLE"),
        ("otel.status_description", "circuit breaker is open"),
    ]);
}

type Business = Result<u32, Refusal>;

fn business() -> impl Endpoint<Request = (), Response = Business, Error = Refusal> {
    endpoint_fn(async |_: Context, (): ()| {
        Ok(Err(Refusal::of_kind(ErrorKind::NotFound, "no todo 7")))
    })
}

#[test]
fn a_business_error_is_looked_for_only_if_asked_and_does_not_fail_the_span_if_ignored() {
    let book = Book::default();
    let call = |endpoint: &dyn Fn() -> Business| assert!(book.listen(endpoint).is_err());
    let unasked = Spans::client().layer(business());
    let asked = Spans::client().with_business_errors().layer(business());
    let ignored = Spans::client().with_business_errors().ignore_business_errors().layer(business());
    call(&|| run(unasked.call(served(), ())).unwrap());
    call(&|| run(asked.call(served(), ())).unwrap());
    call(&|| run(ignored.call(served(), ())).unwrap());

    let [unasked, asked, ignored] = &book.spans()[..] else { panic!() };
    unasked.check(&[("outcome", "ok"), ("rpc.response.status_code", "OK")]);
    asked.check(&[
        ("outcome", "business_error"),
        ("rpc.response.status_code", "NOT_FOUND"),
        ("error.type", "NOT_FOUND"),
        ("otel.status_description", "no todo 7"),
    ]);
    ignored.check(&[("outcome", "business_error"), ("rpc.response.status_code", "NOT_FOUND")]);
    assert!(!ignored.has("error.type") && !ignored.has("otel.status_code"));
}

#[test]
fn a_call_that_is_dropped_is_cancelled_polled_or_not() {
    let server = Spans::server().layer(waits());
    let client = Spans::client().layer(waits());
    let book = Book::default();
    book.listen(|| {
        drop(server.call(served(), ()));
        let mut call = Box::pin(client.call(served(), ()));
        assert!(poll(call.as_mut()).is_pending());
        drop(call);
    });
    let [server, client] = &book.spans()[..] else { panic!() };
    for span in [server, client] {
        span.check(&[("outcome", "cancelled"), ("rpc.response.status_code", "CANCELLED")]);
        assert!(span.is_closed);
    }
    assert!(!server.has("otel.status_code"), "a caller that left is no fault of the server");
    client.check(&[("error.type", "CANCELLED"), ("otel.status_description", "cancelled")]);
}

/// Panics in `call`, before there is a future.
struct PanicsInCall;

impl Endpoint for PanicsInCall {
    type Request = ();
    type Response = ();
    type Error = Refusal;

    fn call(&self, _: Context, (): ()) -> impl Future<Output = Result<(), Refusal>> + Send {
        resume_unwind(Box::new("on purpose"));
        #[expect(unreachable_code, reason = "it gives the future its type")]
        std::future::ready(Ok(()))
    }
}

fn panics_once(endpoint: &impl Endpoint<Request = ()>) {
    let mut call = Box::pin(endpoint.call(served(), ()));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(call.as_mut()))).is_err());
    assert!(tracing::Span::current().is_none());
    drop(call);
}

#[test]
fn a_call_that_panics_says_so_once_and_leaves_the_span() {
    let polled = Spans::server().layer(endpoint_fn(async |_: Context, (): ()| -> Answer {
        resume_unwind(Box::new("on purpose"))
    }));
    let called = Spans::server().layer(PanicsInCall);
    let book = Book::default();
    book.listen(|| {
        panics_once(&polled);
        panics_once(&called);
    });
    for span in book.spans() {
        span.check(&[
            ("outcome", "panicked"),
            ("rpc.response.status_code", "INTERNAL"),
            ("error.type", "INTERNAL"),
            ("otel.status_description", "panicked"),
        ]);
        assert!(span.is_closed);
        assert_eq!(span.entered, span.exited);
    }
    assert_eq!(book.spans().len(), 2);
}

#[test]
fn a_call_that_panics_while_it_is_dropped_says_so_and_leaves_the_span() {
    struct Last;

    impl Drop for Last {
        fn drop(&mut self) {
            resume_unwind(Box::new("on purpose"));
        }
    }

    let endpoint = Spans::server().layer(endpoint_fn(async |_: Context, (): ()| {
        let _last = Last;
        std::future::pending::<Answer>().await
    }));
    let book = Book::default();
    book.listen(|| {
        let mut call = Box::pin(endpoint.call(served(), ()));
        assert!(poll(call.as_mut()).is_pending());
        assert!(catch_unwind(AssertUnwindSafe(|| drop(call))).is_err());
        assert!(tracing::Span::current().is_none());
    });
    book.span().check(&[("outcome", "panicked")]);
    assert!(book.span().is_closed);
}

#[test]
fn a_span_of_the_programs_own_making_gets_what_it_declares() {
    let spans = Spans::server().with_span(|cx| {
        let method = cx.operation().map(oxkit_core::Operation::method);
        tracing::debug_span!("mine", method, outcome = tracing::field::Empty)
    });
    let span = called(&spans, Err(Reason::Overloaded.into()));
    assert_eq!(span.name, "mine");
    span.check(&[("method", "Add"), ("outcome", "error")]);
    assert!(!span.has("trace_id"));
}
