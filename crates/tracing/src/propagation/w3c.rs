//! W3C Trace Context: `traceparent` and `tracestate`.

use oxkit_core::{SpanContext, TraceFlags};

use super::{Buffer, trace_state};
use crate::{Carrier, Extracted, InvalidHeader, Propagator, carrier};

const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";

/// Propagation by W3C Trace Context: the headers `traceparent` and `tracestate`.
///
/// Written is version 00; a higher one is read as far as version 00 goes, as the recommendation
/// asks. A `tracestate` is passed on as it is, up to 32 members and 512 characters; one that is not
/// well-formed is dropped, and the `traceparent` still counts. What does not fit is left out by the
/// recommendation's rule: first members of more than 128 characters, then those at the end.
///
/// ```
/// use std::collections::HashMap;
/// use oxkit_tracing::{Extracted, Propagator, W3c};
///
/// let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let headers = HashMap::from([("traceparent".to_owned(), parent.to_owned())]);
/// let Extracted::Span(span) = W3c::new().extract(&headers)? else { panic!() };
/// assert!(span.is_sampled() && span.is_remote());
///
/// let mut headers = HashMap::new();
/// W3c::new().inject(&span, &mut headers);
/// assert_eq!(headers["traceparent"], parent);
/// # Ok::<_, oxkit_tracing::InvalidHeader>(())
/// ```
///
/// See [the recommendation](https://www.w3.org/TR/trace-context/).
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct W3c;

impl W3c {
    /// The propagator.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Propagator for W3c {
    fn extract(&self, carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader> {
        let Some(span) = carrier::one(carrier, PARENT, read)? else {
            return Ok(Extracted::Nothing);
        };
        Ok(Extracted::Span(span.with_state(trace_state::read(carrier, STATE))))
    }

    fn looks_for(&self) -> Option<Vec<&'static str>> {
        Some(vec![PARENT])
    }

    fn inject(&self, span: &SpanContext, carrier: &mut dyn Carrier) {
        let mut text = Buffer::<55>::new();
        text.push(b"00-").push(&span.trace_id().to_hex());
        text.push(b"-").push(&span.span_id().to_hex());
        // Only the lower two bits mean something.
        text.push(b"-0").push(&[b'0' + span.flags().to_w3c()]);
        carrier.set(PARENT, text.as_str());
        match span.state() {
            Some(state) => carrier.set(STATE, state),
            None => carrier.remove(STATE),
        }
    }
}

fn read(text: &str) -> Option<SpanContext> {
    // Optional space around a value belongs to HTTP and not to the value.
    let text = text.trim_matches([' ', '\t']);
    let lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f' | b'-');
    let known = text.as_bytes().get(..55)?;
    if !known.iter().all(lower) {
        return None;
    }
    let mut parts = text.get(..55)?.split('-');
    let (version, trace, span, flags) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_whole = match version {
        "ff" => false,
        "00" => text.len() == 55,
        _ => matches!(text.as_bytes().get(55), None | Some(b'-')),
    };
    if !is_whole || version.len() != 2 || flags.len() != 2 || parts.next().is_some() {
        return None;
    }
    let flags = TraceFlags::from_w3c(u8::from_str_radix(flags, 16).ok()?);
    Some(SpanContext::new(trace.parse().ok()?, span.parse().ok()?, flags).remote())
}
