//! To and from `tracing`.
#![cfg(feature = "tracing")]

use std::{error::Error, fmt, thread};

use oxkit_log::{
    Allow, Filter, Format, FromTracing, Level, Lines, Logger, SyncWriter, ToTracing, caller, info,
    log,
};
use static_assertions::assert_impl_all;
use tracing_subscriber::{Registry, layer::SubscriberExt, registry};

assert_impl_all!(FromTracing: Send, Sync, Clone, tracing_subscriber::Layer<Registry>);
assert_impl_all!(ToTracing: oxkit_log::Sink);

fn capture(format: Format, adapt: fn(Logger) -> Logger, run: impl FnOnce()) -> String {
    let output = SyncWriter::new(Vec::new());
    let logger = adapt(Logger::new(Lines::new(format, output.clone())));
    tracing::subscriber::with_default(registry().with(FromTracing::new(logger)), run);
    let text = output.lock().clone();
    String::from_utf8(text).expect("a line is UTF-8")
}

fn logfmt(run: impl FnOnce()) -> String {
    capture(Format::Logfmt, |logger| logger, run)
}

fn json(run: impl FnOnce()) -> String {
    capture(Format::Json, |logger| logger, run)
}

#[derive(Debug)]
struct Cause(Option<Box<Self>>);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "query failed" } else { "refused" })
    }
}

impl Error for Cause {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        let source = self.0.as_deref()?;
        Some(source)
    }
}

#[test]
fn fields_keep_their_kinds() {
    let error = Cause(Some(Box::new(Cause(None))));
    let error: &(dyn Error + 'static) = &error;
    let line = json(|| {
        tracing::info!(
            target: "t", a = -1, b = u64::MAX, c = 1.5, d = true, e = "x\n", f = ?Some(1),
            g = %"shown", h = u128::MAX, error, "text {}", 1
        );
    });
    assert_eq!(
        line,
        "{\"level\":\"info\",\"target\":\"t\",\"msg\":\"text 1\",\"a\":-1,\
         \"b\":18446744073709551615,\"c\":1.5,\"d\":true,\"e\":\"x\\n\",\"f\":\"Some(1)\",\
         \"g\":\"shown\",\"h\":\"340282366920938463463374607431768211455\",\
         \"error\":\"query failed: refused\"}\n"
    );
}

#[test]
fn an_event_says_which_spans_it_is_in_and_their_fields_outermost_first() {
    let lines = logfmt(|| {
        let _request = tracing::info_span!("request", id = 7, user = "ann lee").entered();
        tracing::info!(target: "a", "outer");
        let _query = tracing::debug_span!("query", table = %"todos").entered();
        tracing::debug!(target: "b", rows = 3, "inner");
    });
    assert_eq!(
        lines,
        "level=info target=a span=request id=7 user=\"ann lee\" msg=outer\n\
         level=debug target=b span=request:query id=7 user=\"ann lee\" table=todos msg=inner rows=3\n"
    );
}

#[test]
fn what_a_span_says_to_opentelemetry_is_not_in_the_lines() {
    let lines = logfmt(|| {
        let span = tracing::info_span!("server", otel.kind = "server", trace_id = "4bf9");
        let _entered = span.enter();
        tracing::info!(target: "t", "a");
    });
    assert_eq!(lines, "level=info target=t span=server trace_id=4bf9 msg=a\n");
}

#[test]
fn fields_recorded_later_are_in_events_from_then_on_each_once() {
    let lines = logfmt(|| {
        let span = tracing::info_span!("request", status = tracing::field::Empty, id = 1);
        let _entered = span.enter();
        tracing::info!(target: "t", "a");
        span.record("status", 200);
        tracing::info!(target: "t", "b");
        let child = tracing::info_span!("child").entered();
        span.record("status", 503);
        tracing::info!(target: "t", "c");
        drop(child);
    });
    assert_eq!(
        lines,
        "level=info target=t span=request id=1 msg=a\n\
         level=info target=t span=request id=1 status=200 msg=b\n\
         level=info target=t span=request:child id=1 status=503 msg=c\n"
    );
}

#[test]
fn of_fields_with_one_name_json_has_the_innermost() {
    let line = json(|| {
        let _a = tracing::info_span!("a", id = 1, x = 1).entered();
        let _b = tracing::info_span!("b", id = 2).entered();
        tracing::info!(target: "t", x = 3, "m");
    });
    assert_eq!(
        line,
        "{\"level\":\"info\",\"target\":\"t\",\"span\":\"a:b\",\"id\":2,\"msg\":\"m\",\"x\":3}\n"
    );
}

#[test]
fn json_has_each_key_once_wherever_it_was_before() {
    fn check(expected: &str, run: impl FnOnce()) {
        let line = capture(Format::Json, |logger| logger.with("context", 0), run);
        assert_eq!(line.trim_end(), expected);
    }

    check(r#"{"context":0,"target":"t","level":"mine"}"#, || {
        tracing::info!(target: "t", level = "mine");
    });
    check(r#"{"level":"info","target":"t","context":1}"#, || {
        tracing::info!(target: "t", context = 1);
    });
    check(r#"{"level":"info","context":0,"target":"mine"}"#, || {
        tracing::info!(target: "t", target = "mine");
    });
    check(r#"{"level":"info","target":"t","span":"s","context":1,"x":2}"#, || {
        let _span = tracing::info_span!("s", context = 1).entered();
        tracing::info!(target: "t", x = 2);
    });
    check(r#"{"context":0,"target":"t","span":"s","level":"mine","x":2}"#, || {
        let _span = tracing::info_span!("s", level = "mine").entered();
        tracing::info!(target: "t", x = 2);
    });
    check(
        r#"{"level":"info","context":0,"target":"t","span":"s","a":1,"msg":"mine","b":2}"#,
        || {
            let _span = tracing::info_span!("s", a = 1).entered();
            tracing::info!(target: "t", msg = "mine", b = 2, "m");
        },
    );
}

#[test]
fn an_event_with_an_explicit_parent_is_in_that_span_and_one_without_in_none() {
    let lines = logfmt(|| {
        let other = tracing::info_span!("other", id = 1);
        let _entered = tracing::info_span!("entered").entered();
        tracing::info!(target: "t", parent: &other, "a");
        tracing::info!(target: "t", parent: None, "b");
    });
    assert_eq!(lines, "level=info target=t span=other id=1 msg=a\nlevel=info target=t msg=b\n");
}

#[test]
fn the_loggers_context_filter_and_caller_apply() {
    let lines = capture(
        Format::Logfmt,
        |logger| {
            logger
                .with("service", "todosvc")
                .with("caller", caller())
                .with_suffix("zone", "eu")
                .with_filter(Filter::new(Allow::Info))
        },
        || {
            tracing::debug!("no");
            tracing::trace!("no");
            tracing::warn!(target: "t", "yes");
        },
    );
    let (start, rest) = lines.split_once("caller=tracing.rs:").expect("a caller");
    assert_eq!(start, "level=warn service=todosvc ");
    assert!(rest.ends_with(" target=t msg=yes zone=eu\n"), "{rest}");
    assert_eq!(lines.lines().count(), 1);
}

#[test]
fn two_layers_in_one_subscriber_write_the_same_spans() {
    let (first, second) = (SyncWriter::new(Vec::new()), SyncWriter::new(Vec::new()));
    let to =
        |output: &SyncWriter<Vec<u8>>| FromTracing::new(Logger::new(Lines::logfmt(output.clone())));
    let subscriber = registry().with(to(&first)).with(to(&second));
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("s", a = 1, b = tracing::field::Empty);
        span.record("b", 2);
        span.in_scope(|| tracing::info!(target: "t", "m"));
    });
    let expected = "level=info target=t span=s a=1 b=2 msg=m\n";
    assert_eq!(String::from_utf8_lossy(&first.lock()), expected);
    assert_eq!(String::from_utf8_lossy(&second.lock()), expected);
}

#[test]
fn spans_of_many_threads_stay_apart() {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::logfmt(output.clone()));
    let subscriber = tracing::Dispatch::new(registry().with(FromTracing::new(logger)));
    thread::scope(|scope| {
        for thread in 0..4 {
            let subscriber = subscriber.clone();
            scope.spawn(move || {
                tracing::dispatcher::with_default(&subscriber, || {
                    for n in 0..50 {
                        let _span = tracing::info_span!("s", thread, n).entered();
                        tracing::info!(target: "t", again = thread * 1000 + n);
                    }
                });
            });
        }
    });
    let text = String::from_utf8(output.lock().clone()).unwrap();
    assert_eq!(text.lines().count(), 200);
    for line in text.lines() {
        let number = |key: &str| -> usize {
            let (_, rest) = line.split_once(key).expect("the key is there");
            let digits = rest.split(' ').next().expect("there is a first");
            digits.parse().expect("a number")
        };
        assert_eq!(number("again="), number("thread=") * 1000 + number(" n="), "{line}");
    }
}

#[test]
fn an_event_becomes_a_tracing_event_with_a_message_and_the_pairs_as_text() {
    let line = json(|| {
        let logger = Logger::new(ToTracing::new()).with("service", "todosvc");
        let _span = tracing::info_span!("request").entered();
        info!(logger, "listening", port = 8080, zone = "a b");
        log!(logger);
    });
    assert_eq!(
        line,
        "{\"level\":\"info\",\"target\":\"oxkit_log\",\"span\":\"request\",\"msg\":\"listening\",\
         \"kv\":\"service=todosvc port=8080 zone=\\\"a b\\\"\"}\n\
         {\"level\":\"info\",\"target\":\"oxkit_log\",\"span\":\"request\",\"msg\":\"\",\
         \"kv\":\"service=todosvc\"}\n"
    );
}

#[test]
fn an_event_that_no_subscriber_wants_is_not_evaluated() {
    let logger = Logger::new(ToTracing::new());
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::default(), || {
        for level in Level::ALL {
            assert!(!logger.enabled(level), "{level}");
        }
    });
}

#[test]
fn a_field_that_logs_while_it_is_recorded_does_not_wait_for_itself() {
    struct Chatty;

    impl fmt::Debug for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            tracing::info!(target: "t", "formatting");
            f.write_str("chatty")
        }
    }

    let (done, wait) = std::sync::mpsc::channel();
    // On a thread of its own, so that waiting for ever is a failure and not the end of the tests.
    thread::spawn(move || {
        let lines = logfmt(|| {
            let span = tracing::info_span!("s", v = tracing::field::Empty, w = 1);
            let _entered = span.enter();
            span.record("v", tracing::field::debug(Chatty));
            span.record("w", 2);
            tracing::info!(target: "t", "after");
        });
        done.send(lines)
    });
    assert_eq!(
        wait.recv_timeout(std::time::Duration::from_secs(10)).as_deref(),
        Ok("level=info target=t span=s w=1 msg=formatting\n\
            level=info target=t span=s w=2 v=chatty msg=after\n")
    );
}
