//! One trace through two services: what arrives at a receiver of OTLP, and what stands in the log.

use std::{collections::BTreeMap, fs::File, process::Command};

use base64::{Engine, prelude::BASE64_STANDARD};
use example_testing::{Answer, Connection, Process};
use serde_json::Value;
use tempfile::NamedTempFile;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

/// The program, with its log in a file.
struct Traced {
    process: Process,
    log: NamedTempFile,
}

impl Traced {
    fn start(arguments: &[&str]) -> Self {
        let log = NamedTempFile::new().expect("there is room for a file");
        let stderr: File = log.reopen().expect("it is ours");
        let mut command = Command::new(env!("CARGO_BIN_EXE_traced"));
        command.args(["--listen", "127.0.0.1:0"]).args(arguments).stderr(stderr);
        Self { process: Process::of(&mut command), log }
    }

    /// Asks for a title, with these headers for tracing.
    fn title(&self, headers: &str) -> Answer {
        let body = r#"{"s":"the name of"}"#;
        let request = format!(
            "POST /title HTTP/1.1\r\nhost: test\r\n{headers}content-length: {}\r\n\r\n{body}",
            body.len()
        );
        Connection::open(self.process.address())
            .and_then(|mut connection| {
                connection.send(request.as_bytes())?;
                connection.answer()
            })
            .expect("the program answers")
    }

    /// Stops it, and gives its log. All spans are out by then.
    fn stop(self) -> Vec<String> {
        self.process.terminate();
        assert!(self.process.wait().success());
        let log = std::fs::read_to_string(self.log.path()).expect("it is text");
        log.lines().map(str::to_owned).collect()
    }
}

/// The value of a key in a line of the log.
fn field<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.split(' ').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

#[derive(Debug)]
struct Span {
    name: String,
    kind: String,
    trace: String,
    id: String,
    parent: String,
    is_failed: bool,
    attributes: BTreeMap<String, String>,
}

/// What is at this place of some JSON, as text without quotes.
fn text(json: &Value, pointer: &str) -> String {
    json.pointer(pointer).map_or_else(String::new, |value| {
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    })
}

fn hex(json: &Value, pointer: &str) -> String {
    let bytes = BASE64_STANDARD.decode(text(json, pointer)).expect("identifiers are base64");
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All spans that a receiver got.
fn spans(received: &str) -> Vec<Span> {
    let requests: Value = serde_json::from_str(received).expect("the receiver speaks JSON");
    let inside = |json: &Value, key: &str| {
        json.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
    };
    let mut spans = Vec::new();
    for request in requests.as_array().expect("it is a list") {
        for resource in inside(request, "resource_spans") {
            for scope in inside(&resource, "scope_spans") {
                spans.extend(inside(&scope, "spans").iter().map(|span| {
                    Span {
                        name: text(span, "/name"),
                        kind: text(span, "/kind"),
                        trace: hex(span, "/trace_id"),
                        id: hex(span, "/span_id"),
                        parent: hex(span, "/parent_span_id"),
                        is_failed: text(span, "/status/code").contains("ERROR"),
                        attributes: inside(span, "attributes")
                            .iter()
                            .map(|pair| (text(pair, "/key"), text(pair, "/value/string_value")))
                            .collect(),
                    }
                }));
            }
        }
    }
    spans
}

/// What a caller sends whose trace is recorded.
fn sampled() -> String {
    format!("traceparent: 00-{TRACE}-{CALLER}-01\r\n")
}

#[test]
fn spans_that_nobody_takes_are_a_line_of_the_log() {
    // Nothing listens there, and no name is looked up.
    let traced = Traced::start(&["--otlp", "http://127.0.0.1:1"]);
    assert_eq!(traced.title(&sampled()).status, 200);
    let log = traced.stop();
    assert!(log.iter().any(|line| line.contains("spans were not taken")), "{log:#?}");
}

#[test]
fn an_address_for_spans_that_is_none_is_told_in_a_line() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_traced"));
    let mistake = command.args(["--otlp", "no where"]).output().expect("it runs");
    let told = String::from_utf8_lossy(&mistake.stderr);
    assert_eq!(mistake.status.code(), Some(2), "{told}");
    assert!(told.starts_with("traced: spans cannot go to no where: "), "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
}

#[test]
fn lines_of_both_services_have_the_ids_of_the_callers_trace() {
    let traced = Traced::start(&[]);
    let answer = traced.title(&sampled());
    assert_eq!((answer.status, answer.body.trim()), (200, r#"{"v":"The Name Of","words":3}"#));
    let log = traced.stop();
    for line in &log {
        assert_eq!(field(line, "trace_id"), Some(TRACE), "{line}");
    }
    let mut methods: Vec<_> = log.iter().filter_map(|line| field(line, "method")).collect();
    methods.sort_unstable();
    assert_eq!(methods, ["Capitalize", "Capitalize", "Capitalize", "Count", "Title"]);
    // Each endpoint's line has a span of its own, and what is said in the endpoint has the same.
    let said = log.iter().find(|line| line.contains("msg=capitalizing")).expect("it is said");
    let span = field(said, "span_id");
    let lines = log.iter().filter(|line| field(line, "span_id") == span).count();
    assert!(span.is_some() && lines == 2, "{log:#?}");
}

#[test]
fn a_trace_that_is_not_sampled_is_passed_on_as_such_and_one_of_b3_is_understood() {
    let traced = Traced::start(&[]);
    assert_eq!(traced.title(&format!("traceparent: 00-{TRACE}-{CALLER}-00\r\n")).status, 200);
    assert_eq!(traced.title(&format!("b3: {TRACE}-{CALLER}-1\r\n")).status, 200);
    assert_eq!(traced.title("traceparent: junk\r\n").status, 200);
    let log = traced.stop();
    let of_the_trace = log.iter().filter(|line| field(line, "trace_id") == Some(TRACE));
    let said = log.iter().filter(|line| line.contains("msg=capitalizing"));
    // Not sampled: no spans, so what is said in them names none; the endpoints still know the trace.
    assert_eq!(said.clone().filter(|line| field(line, "trace_id").is_none()).count(), 3);
    assert_eq!(said.count(), 9);
    assert_eq!(of_the_trace.count(), 5 + 5 + 3);
    let titles: Vec<_> = log.iter().filter(|line| field(line, "method") == Some("Title")).collect();
    assert_eq!(field(titles[0], "span_id"), Some(CALLER), "no span was made");
    assert_ne!(field(titles[1], "span_id"), Some(CALLER));
}

#[test]
fn at_a_ratio_of_nothing_no_service_begins_a_trace() {
    let traced = Traced::start(&["--ratio", "0"]);
    assert_eq!(traced.title("").status, 200);
    let log = traced.stop();
    let with_span = log.iter().filter(|line| line.contains("span=")).count();
    assert_eq!((log.len(), with_span), (8, 0), "{log:#?}");
}

mod with_otlp {
    use super::*;

    /// Follows names from a span down to the only child of that name.
    fn child<'a>(spans: &'a [Span], parent: &Span, name: &str) -> Vec<&'a Span> {
        spans.iter().filter(|span| span.parent == parent.id && span.name == name).collect()
    }

    #[test]
    fn the_whole_trace_arrives_with_each_span_below_the_one_that_caused_it() {
        let receiver = testing_servers::otlp();
        let traced = Traced::start(&["--flaky", "--otlp", &format!("http://{}", receiver.http())]);
        assert_eq!(traced.title(&sampled()).status, 200);
        let log = traced.stop();
        let spans = spans(&receiver.traces());
        assert!(spans.iter().all(|span| span.trace == TRACE), "{spans:#?}");

        let title = spans.iter().find(|span| span.name == "title/Title").expect("it was served");
        assert_eq!((&*title.parent, title.is_failed), (CALLER, false));
        assert!(title.kind.contains("SERVER"), "{title:?}");
        assert_eq!(title.attributes["rpc.method"], "title/Title");

        // HTTP: a span by hand, in it three calls, in each two attempts, of which one failed.
        let by_hand = child(&spans, title, "each word");
        let calls = child(&spans, by_hand[0], "words/Capitalize");
        assert_eq!((by_hand.len(), calls.len()), (1, 3));
        for call in calls {
            assert!(call.kind.contains("INTERNAL") && !call.is_failed, "{call:?}");
            let attempts = child(&spans, call, "words/Capitalize");
            let failed: Vec<_> = attempts.iter().map(|attempt| attempt.is_failed).collect();
            assert_eq!(failed.iter().filter(|failed| **failed).count(), 1, "{attempts:#?}");
            assert_eq!(failed.len(), 2);
            for attempt in attempts {
                assert!(attempt.kind.contains("CLIENT"), "{attempt:?}");
                let served = child(&spans, attempt, "words/Capitalize");
                assert_eq!(served.len(), 1, "the other service's span is below the attempt");
                assert!(served[0].kind.contains("SERVER"));
                assert_eq!(served[0].is_failed, attempt.is_failed);
                if attempt.is_failed {
                    assert_eq!(attempt.attributes["error.type"], "UNAVAILABLE");
                }
            }
        }

        // JSON-RPC, over the headers of HTTP.
        let count = child(&spans, title, "words/Count");
        assert_eq!((count.len(), &*count[0].attributes["rpc.system.name"]), (1, "jsonrpc"));
        assert_eq!(child(&spans, count[0], "words/Count").len(), 1);
        assert_eq!(spans.len(), 1 + 1 + 3 * (1 + 2 * 2) + 2);

        // What stands in the log can be looked up.
        let line = log.iter().find(|line| field(line, "method") == Some("Title"));
        assert_eq!(line.and_then(|line| field(line, "span_id")), Some(&*title.id));
    }

    #[test]
    fn a_trace_that_is_not_sampled_does_not_arrive_and_one_that_begins_here_does() {
        let receiver = testing_servers::otlp();
        let traced = Traced::start(&["--otlp", &format!("http://{}", receiver.http())]);
        assert_eq!(traced.title(&format!("traceparent: 00-{TRACE}-{CALLER}-00\r\n")).status, 200);
        assert_eq!(traced.title("").status, 200);
        let _ = traced.stop();
        let spans = spans(&receiver.traces());
        let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
        assert_eq!(roots.len(), 1, "{roots:#?}");
        assert!(spans.iter().all(|span| span.trace == roots[0].trace && span.trace != TRACE));
    }

    #[test]
    fn a_service_whose_receiver_is_down_serves_and_ends() {
        let receiver = testing_servers::otlp();
        let address = receiver.http().to_string();
        drop(receiver);
        let traced = Traced::start(&["--otlp", &format!("http://{address}")]);
        assert_eq!(traced.title(&sampled()).status, 200);
        let log = traced.stop();
        assert!(log.iter().any(|line| field(line, "trace_id") == Some(TRACE)));
    }
}
