//! The endpoint layer: one line for each call, whichever way it ended.

use std::{
    error::Error,
    fmt,
    future::{pending, ready},
    pin::pin,
    sync::LazyLock,
    task::{Context as Task, Poll, Waker},
    time::{Duration, Instant},
};

use oxkit_core::{
    Context, Endpoint, ErrorKind, Failure, HookLayer, Hooked, Layer, Operation, Reason, Refusal,
    RequestId, SpanContext, TraceFlags, endpoint_fn, hook,
};
use oxkit_log::{Allow, Filter, Level, Lines, Logger, Logging, SyncWriter, caller};
use static_assertions::assert_impl_all;
use testing_contract::{Contract, contract};

assert_impl_all!(HookLayer<Logging>: Send, Sync, Clone);

/// The instant at which calls end; those that arrived do so 1.5 ms before.
static NOW: LazyLock<Instant> = LazyLock::new(Instant::now);

fn now() -> Instant {
    *NOW
}

fn arrived() -> Context {
    let arrival = now().checked_sub(Duration::from_micros(1500));
    Context::received(
        arrival.expect("the clock has run for a millisecond"),
        Operation::new("todosvc", "Add"),
    )
}

fn logging() -> (Logging, impl Fn() -> String) {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::logfmt(output.clone()));
    let written =
        move || String::from_utf8(std::mem::take(&mut *output.lock())).expect("a line is UTF-8");
    (Logging::new(logger).with_clock(now), written)
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Task::from_waker(Waker::noop()))
}

type Answer = Result<&'static str, Refusal>;

#[track_caller]
fn check(answer: Answer, expected: &str) {
    let (logging, written) = logging();
    let endpoint = logging.layer(endpoint_fn(move |_: Context, (): ()| ready(answer.clone())));
    assert!(poll(endpoint.call(arrived(), ())).is_ready());
    assert_eq!(written(), format!("{expected}\n"));
}

#[test]
fn a_response_is_logged_at_info_with_the_operation_and_the_time_since_arrival() {
    check(Ok("done"), "level=info service=todosvc method=Add took=1.5ms outcome=ok");
}

#[test]
fn a_failure_is_logged_with_its_kind_and_sources_at_the_level_its_fault_calls_for() {
    check(
        Err(Refusal::of_kind(ErrorKind::NotFound, "no todo 7")),
        "level=warn service=todosvc method=Add took=1.5ms outcome=error kind=NOT_FOUND \
         err=\"no todo 7\"",
    );
    check(
        Err(Refusal::new(Reason::NoInstance).with_source("registry is down")),
        "level=error service=todosvc method=Add took=1.5ms outcome=error kind=UNAVAILABLE \
         err=\"no endpoints available: registry is down\"",
    );
}

#[test]
fn a_call_that_was_dropped_and_one_that_panicked_are_logged_once() {
    let (logging, written) = logging();
    let waits = logging
        .layer(endpoint_fn(async |_: Context, (): ()| pending::<Result<(), Refusal>>().await));
    assert!(poll(waits.call(arrived(), ())).is_pending());
    assert_eq!(
        written(),
        "level=warn service=todosvc method=Add took=1.5ms outcome=cancelled kind=CANCELLED\n"
    );

    let panics = logging.layer(endpoint_fn(async |_: Context, (): ()| -> Answer {
        std::panic::resume_unwind(Box::new("on purpose"))
    }));
    let call = std::panic::AssertUnwindSafe(|| poll(panics.call(arrived(), ())));
    assert!(std::panic::catch_unwind(call).is_err());
    assert_eq!(
        written(),
        "level=error service=todosvc method=Add took=1.5ms outcome=panicked kind=INTERNAL\n"
    );
}

#[test]
fn without_arrival_or_operation_the_line_says_what_there_is() {
    let (logging, written) = logging();
    let endpoint = logging.layer(endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(())));
    let cx = Context::new().with(RequestId::from("7f3a"));
    assert!(poll(endpoint.call(cx, ())).is_ready());
    assert_eq!(written(), "level=info request_id=7f3a took=0s outcome=ok\n");
}

#[test]
fn an_endpoint_that_serves_several_operations_names_that_of_each_call() {
    let (logging, written) = logging();
    let endpoint = logging.layer(endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(())));
    for (service, method) in [("todosvc", "Add"), ("todosvc", "List"), ("todosvc", "Add")] {
        let cx = arrived().with_operation(Operation::named(service, method));
        assert!(poll(endpoint.call(cx, ())).is_ready());
        let expected = format!("level=info service={service} method={method} took=1.5ms");
        assert_eq!(written(), format!("{expected} outcome=ok\n"));
    }
    assert!(poll(endpoint.call(Context::new(), ())).is_ready());
    assert_eq!(written(), "level=info took=0s outcome=ok\n");
}

#[test]
fn what_the_logger_says_of_the_same_name_gives_way_to_the_call() {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::json(output.clone())).with("service", "all").with("zone", "a");
    let endpoint = Logging::new(logger)
        .with_clock(now)
        .layer(endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(())));
    assert!(poll(endpoint.call(arrived(), ())).is_ready());
    let line = String::from_utf8(output.lock().clone()).expect("a line is UTF-8");
    let expected = r#"{"level":"info","zone":"a","service":"todosvc","method":"Add","took":"1.5ms","outcome":"ok"}"#;
    assert_eq!(line.trim_end(), expected);
}

#[test]
fn a_call_that_is_part_of_a_trace_is_found_from_its_line() {
    let (logging, written) = logging();
    let endpoint = logging.layer(endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(())));
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736".parse().expect("it is an identifier");
    let span = "00f067aa0ba902b7".parse().expect("it is an identifier");
    let cx = Context::new().with(SpanContext::new(trace, span, TraceFlags::SAMPLED));
    assert!(poll(endpoint.call(cx, ())).is_ready());
    assert_eq!(
        written(),
        "level=info trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 took=0s \
         outcome=ok\n"
    );
}

#[test]
fn a_line_names_no_place_in_the_code_for_none_of_the_users_wrote_it() {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::logfmt(output.clone())).with("caller", caller());
    let endpoint = Logging::new(logger)
        .with_clock(now)
        .layer(endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(())));
    assert!(poll(endpoint.call(Context::new(), ())).is_ready());
    let line = String::from_utf8(output.lock().clone()).expect("a line is UTF-8");
    assert_eq!(line, "level=info caller=null took=0s outcome=ok\n");
}

#[test]
fn errors_of_the_sink_are_counted_by_the_logger() {
    struct Full;

    impl oxkit_log::Sink for Full {
        fn log(&self, _: &oxkit_log::Record<'_>) -> std::io::Result<()> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
    }

    let logger = Logger::new(Full);
    let endpoint = Logging::new(logger.clone())
        .layer(endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(())));
    assert!(poll(endpoint.call(Context::new(), ())).is_ready());
    assert_eq!(logger.errors(), 1);
}

#[test]
fn it_is_a_layer_by_itself_and_in_a_tuple_and_still_a_hook() {
    struct Unchanged;

    impl<E> Layer<E> for Unchanged {
        type Service = E;

        fn layer(&self, inner: E) -> E {
            inner
        }
    }

    let inner = || endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(()));
    let (logging, written) = logging();
    let endpoints = [
        logging.layer(inner()),
        (logging.clone(), Unchanged).layer(inner()),
        hook(logging).layer(inner()),
    ];
    for endpoint in endpoints {
        assert!(poll(endpoint.call(arrived(), ())).is_ready());
        assert_eq!(written(), "level=info service=todosvc method=Add took=1.5ms outcome=ok\n");
    }
}

#[test]
fn business_errors_are_looked_at_only_when_asked_for() {
    let (logging, written) = logging();
    let inner = || {
        endpoint_fn(async |_: Context, (): ()| {
            Ok::<_, Refusal>(Answer::Err(Refusal::of_kind(ErrorKind::AlreadyExists, "taken")))
        })
    };
    let plain = logging.clone().layer(inner());
    assert!(poll(plain.call(arrived(), ())).is_ready());
    assert!(written().ends_with("outcome=ok\n"));

    let looking = logging.with_business_errors().layer(inner());
    assert!(poll(looking.call(arrived(), ())).is_ready());
    assert_eq!(
        written(),
        "level=warn service=todosvc method=Add took=1.5ms outcome=business_error \
         kind=ALREADY_EXISTS err=taken\n"
    );
}

#[test]
fn levels_can_be_chosen_and_the_filter_applies_to_them() {
    #[derive(Debug)]
    struct Quiet(Refusal);

    impl fmt::Display for Quiet {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    impl Error for Quiet {}

    impl Failure for Quiet {
        fn kind(&self) -> ErrorKind {
            self.0.kind()
        }
    }

    impl From<Refusal> for Quiet {
        fn from(refusal: Refusal) -> Self {
            Self(refusal)
        }
    }

    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::logfmt(output.clone())).with_filter(Filter::new(Allow::Info));
    let quiet = Logging::new(logger).with_levels(|kind| match kind {
        None => Level::Debug,
        Some(_) => Level::Info,
    });
    let endpoint = Hooked::new(
        quiet,
        endpoint_fn(async |_: Context, fail: bool| match fail {
            true => Err(Quiet(Refusal::new(Reason::Overloaded))),
            false => Ok(()),
        }),
    );
    assert!(poll(endpoint.call(Context::new(), false)).is_ready());
    assert_eq!(output.lock().len(), 0);
    assert!(poll(endpoint.call(Context::new(), true)).is_ready());
    assert!(output.lock().starts_with(b"level=info "));
}

#[test]
fn the_layer_adds_a_few_words_to_the_future() {
    let inner = || endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(()));
    let (logging, _) = logging();
    let bare = inner();
    let logged = logging.layer(inner());
    let bare = size_of_val(&bare.call(Context::new(), ()));
    let logged = size_of_val(&logged.call(Context::new(), ()));
    assert!(logged <= bare + 64, "{bare} to {logged} bytes");
}

contract! {
    Contract::new() =>
    it_keeps_what_every_layer_must: logging().0;
}
