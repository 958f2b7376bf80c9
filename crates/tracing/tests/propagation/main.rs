//! What travels from service to service, in each form.

mod b3;
mod handle;
mod jaeger;
mod junk;
mod w3c;

use std::collections::HashMap;

use oxkit_core::{SpanContext, TraceFlags};
use oxkit_tracing::{Extracted, InvalidHeader, Propagator};

type Headers = HashMap<String, String>;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

fn headers<const N: usize>(pairs: [(&str, &str); N]) -> Headers {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn span(flags: TraceFlags) -> SpanContext {
    let (trace, span) = (TRACE.parse(), SPAN.parse());
    SpanContext::new(trace.expect("an identifier"), span.expect("an identifier"), flags)
}

fn injected(propagator: &dyn Propagator, span: &SpanContext) -> Headers {
    let mut headers = Headers::new();
    propagator.inject(span, &mut headers);
    headers
}

/// The span that is read, which must be one.
#[track_caller]
fn read<const N: usize>(propagator: &dyn Propagator, pairs: [(&str, &str); N]) -> SpanContext {
    match propagator.extract(&headers(pairs)) {
        Ok(Extracted::Span(span)) => span,
        other => panic!("{pairs:?}: {other:?}"),
    }
}

#[track_caller]
fn refuse<const N: usize>(
    propagator: &dyn Propagator,
    pairs: [(&str, &str); N],
    header: &'static str,
) {
    let refused = Err(InvalidHeader::new(header));
    assert_eq!(propagator.extract(&headers(pairs)), refused, "{pairs:?}");
}
