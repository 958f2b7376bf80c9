//! What holds for every form, whatever a peer sends.

use oxkit_core::{SpanContext, SpanId, TraceFlags, TraceId};
use oxkit_tracing::{B3, Carrier, Extracted, Jaeger, Propagator, W3c};
use proptest::prelude::*;

use super::{Headers, injected};

const NAMES: [&str; 9] = [
    "traceparent",
    "tracestate",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-flags",
    "uber-trace-id",
];

fn forms() -> [Box<dyn Propagator>; 4] {
    [Box::new(W3c::new()), Box::new(B3::single()), Box::new(B3::multi()), Box::new(Jaeger::new())]
}

fn any_flags() -> impl Strategy<Value = TraceFlags> {
    prop_oneof![
        Just(TraceFlags::SAMPLED),
        Just(TraceFlags::NOT_SAMPLED),
        Just(TraceFlags::DEBUG),
        Just(TraceFlags::DEFERRED),
    ]
}

fn any_span() -> impl Strategy<Value = SpanContext> {
    (any::<[u8; 16]>(), any::<[u8; 8]>(), any_flags()).prop_filter_map(
        "zeros",
        |(trace, span, flags)| {
            Some(SpanContext::new(TraceId::from_bytes(trace)?, SpanId::from_bytes(span)?, flags))
        },
    )
}

/// Texts that look like something, and texts that do not.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,80}",
        "[0-9a-f:,=%A-]{0,80}",
        "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(-.{0,9})?",
        "[0-9a-f]{32}-[0-9a-f]{16}(-[01d](-[0-9a-f]{16})?)?",
        "[0-9a-f]{1,33}:[0-9a-f]{1,17}:[0-9a-f]{1,17}:[0-9a-f]{1,3}",
        "([a-z0-9]{1,9}=[ -~]{0,9},?){0,40}",
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(span in any_span()) {
        for form in forms() {
            let sent = injected(&*form, &span);
            let Ok(Extracted::Span(read)) = form.extract(&sent) else {
                return Err(TestCaseError::fail(format!("{sent:?}")));
            };
            prop_assert_eq!(read.trace_id(), span.trace_id());
            prop_assert_eq!(read.span_id(), span.span_id());
            prop_assert_eq!(read.is_sampled(), span.is_sampled());
            prop_assert!(read.is_remote());
        }
    }

    #[test]
    fn whatever_a_peer_sends_is_answered_and_what_is_understood_can_be_sent_on(
        sent in prop::collection::vec((prop::sample::select(&NAMES), any_text()), 0..12)
    ) {
        let sent: Vec<_> = sent.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        for form in forms() {
            let Ok(Extracted::Span(span)) = form.extract(&sent) else { continue };
            prop_assert!(span.state().is_none_or(|state| state.len() <= 512));
            let again: Headers = injected(&*form, &span);
            prop_assert_eq!(form.extract(&again), Ok(Extracted::Span(span)));
        }
    }

    #[test]
    fn a_request_without_the_headers_that_a_form_looks_for_says_nothing(
        sent in prop::collection::vec((prop::sample::select(&NAMES), any_text()), 0..4)
    ) {
        let sent: Vec<_> = sent.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let both: Box<dyn Propagator> = Box::new((W3c::new(), vec![B3::single()]));
        for form in forms().into_iter().chain([both]) {
            let names = form.looks_for().unwrap();
            if !sent.has_any(&names) {
                prop_assert_eq!(form.extract(&sent), Ok(Extracted::Nothing));
            }
        }
    }
}
