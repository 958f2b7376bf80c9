//! OpenTelemetry's official SDK for Python as the other end: what one side writes the other reads.

use std::{
    collections::HashMap,
    io::Write,
    process::{Command, Stdio},
};

use oxkit_core::{SpanContext, SpanId, TraceFlags, TraceId};
use oxkit_tracing::{B3, Candidate, Extracted, Jaeger, Propagator, Ratio, Sampler, W3c};
use serde_json::{Value, json};

/// Asks the peer all questions at once: it takes a second to start.
fn ask(peer: &mut Command, questions: &Value) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peer.py");
    let mut peer = peer
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("an interpreter that is there can be started");
    let mut questions_to = peer.stdin.take().expect("it is piped");
    questions_to.write_all(questions.to_string().as_bytes()).expect("the peer reads");
    drop(questions_to);
    let output = peer.wait_with_output().expect("the peer ends by itself");
    assert!(output.status.success(), "the peer's complaint is above");
    serde_json::from_slice(&output.stdout).expect("the peer prints a list")
}

fn forms() -> [(&'static str, Box<dyn Propagator>); 4] {
    [
        ("w3c", Box::new(W3c::new())),
        ("b3 single", Box::new(B3::single())),
        ("b3 multi", Box::new(B3::multi())),
        ("jaeger", Box::new(Jaeger::new())),
    ]
}

/// Spans of all sorts. Only W3C carries a state.
fn spans(form: &str) -> Vec<SpanContext> {
    let states = ["", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "fw529a3039@dt=FfD4"];
    let mut spans = Vec::new();
    for (n, state) in (1_u64..).zip(states) {
        for sampled in [true, false] {
            let high = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) << (40 * (n - 1));
            let trace = TraceId::from_bytes(high.to_be_bytes()).expect("not zero");
            let span = SpanId::from_bytes((n << (20 * n)).to_be_bytes()).expect("not zero");
            let state = Some(state).filter(|state| form == "w3c" && !state.is_empty());
            let flags = TraceFlags::default().with_sampled(sampled);
            spans.push(SpanContext::new(trace, span, flags).with_state(state.map(Into::into)));
        }
    }
    spans
}

fn state(span: &SpanContext) -> &str {
    span.state().map_or("", |state| state)
}

mod with_opentelemetry {
    use super::*;

    #[test]
    fn what_the_peer_injects_is_extracted_here() {
        let mut questions = Vec::new();
        let mut expected = Vec::new();
        for (name, _) in forms() {
            for span in spans(name) {
                let (trace, id) = (span.trace_id().to_string(), span.span_id().to_string());
                questions.push(json!(["inject", name, trace, id, span.is_sampled(), state(&span)]));
                // To this peer all that is sampled is also debugged, in the form of Jaeger.
                let is_debug = name == "jaeger" && span.is_sampled();
                let flags = if is_debug { TraceFlags::DEBUG } else { span.flags() };
                expected.push((name, span.with_flags(flags).remote()));
            }
        }
        let answers = ask(&mut testing_servers::opentelemetry(), &json!(questions));
        assert_eq!(answers.len(), 24);
        for (answer, (name, expected)) in answers.into_iter().zip(expected) {
            let headers: HashMap<String, String> =
                serde_json::from_value(answer).expect("headers are texts");
            let (_, form) = forms().into_iter().find(|(form, _)| *form == name).expect("listed");
            let found = form.extract(&headers);
            assert_eq!(found, Ok(Extracted::Span(expected)), "{name}: {headers:?}");
        }
    }

    #[test]
    fn what_is_injected_here_the_peer_extracts() {
        let mut questions = Vec::new();
        let mut expected = Vec::new();
        for (name, form) in forms() {
            for span in spans(name) {
                let mut headers = HashMap::new();
                form.inject(&span, &mut headers);
                let (trace, id) = (span.trace_id().to_string(), span.span_id().to_string());
                questions.push(json!(["extract", name, headers]));
                expected.push(json!([trace, id, span.is_sampled(), state(&span)]));
            }
        }
        let answers = ask(&mut testing_servers::opentelemetry(), &json!(questions));
        assert_eq!(answers, expected);
    }

    #[test]
    fn both_sides_sample_the_same_traces_at_a_ratio() {
        let traces: Vec<TraceId> = (1_u128..=2000)
            .map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
            .filter_map(|id| TraceId::from_bytes(id.to_be_bytes()))
            .collect();
        let ids: Vec<_> = traces.iter().map(ToString::to_string).collect();
        let ratios = [0.0, 0.001, 0.1, 0.5, 0.999, 1.0];
        let questions: Vec<_> = ratios.iter().map(|ratio| json!(["sample", ratio, ids])).collect();
        let answers = ask(&mut testing_servers::opentelemetry(), &json!(questions));
        for (ratio, answer) in ratios.into_iter().zip(answers) {
            let sampler = Ratio::new(ratio).expect("it is one");
            let ours: Vec<_> =
                traces.iter().map(|id| sampler.samples(&Candidate::new(None, *id, None))).collect();
            assert_eq!(json!(ours), answer, "{ratio}");
        }
    }
}
