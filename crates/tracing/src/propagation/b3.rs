//! B3, the propagation of Zipkin.

use oxkit_core::{SpanContext, TraceFlags, TraceId};

use super::{Buffer, padded_id};
use crate::{Carrier, Extracted, InvalidHeader, Propagator, carrier};

const SINGLE: &str = "b3";
const TRACE: &str = "x-b3-traceid";
const SPAN: &str = "x-b3-spanid";
const PARENT: &str = "x-b3-parentspanid";
const SAMPLED: &str = "x-b3-sampled";
const FLAGS: &str = "x-b3-flags";

/// Propagation by B3, as Zipkin, Envoy and Istio speak it: one header `b3`, or several that begin
/// with `x-b3-`.
///
/// Both are read, whichever is written, and the single one counts where there are both. Traces of 64
/// bits are read, and written with the zeros in front. A caller may send a decision without a trace,
/// or a trace without a decision. The span above the one that calls is not passed on: no service
/// but the caller has a use for it.
///
/// ```
/// use std::collections::HashMap;
/// use oxkit_tracing::{B3, Extracted, Propagator};
///
/// let b3 = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90";
/// let headers = HashMap::from([("b3".to_owned(), b3.to_owned())]);
/// let Extracted::Span(span) = B3::single().extract(&headers)? else { panic!() };
///
/// let mut headers = HashMap::new();
/// B3::multi().inject(&span, &mut headers);
/// assert_eq!(headers["x-b3-traceid"], "80f198ee56343ba864fe8b2a57d3eff7");
/// assert_eq!(headers["x-b3-sampled"], "1");
/// # Ok::<_, oxkit_tracing::InvalidHeader>(())
/// ```
///
/// See [its specification](https://github.com/openzipkin/b3-propagation).
#[derive(Debug, Clone, Copy)]
pub struct B3 {
    is_single: bool,
}

impl B3 {
    /// Writes one header, `b3`.
    #[must_use]
    pub const fn single() -> Self {
        Self { is_single: true }
    }

    /// Writes `x-b3-traceid`, `x-b3-spanid`, and `x-b3-sampled` or `x-b3-flags`.
    #[must_use]
    pub const fn multi() -> Self {
        Self { is_single: false }
    }
}

impl Propagator for B3 {
    fn extract(&self, carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader> {
        let single = carrier::one(carrier, SINGLE, read_single);
        match single {
            Ok(Some(found)) => Ok(found),
            // Perhaps somebody on the way has garbled the one and not the others.
            Ok(None) | Err(_) => match read_multi(carrier)? {
                Extracted::Nothing => single.map(|_| Extracted::Nothing),
                found => Ok(found),
            },
        }
    }

    fn looks_for(&self) -> Option<Vec<&'static str>> {
        Some(vec![SINGLE, TRACE, SAMPLED, FLAGS])
    }

    fn inject(&self, span: &SpanContext, carrier: &mut dyn Carrier) {
        let (trace, id, flags) = (span.trace_id(), span.span_id(), span.flags());
        if self.is_single {
            let mut text = Buffer::<51>::new();
            text.push(&trace.to_hex()).push(b"-").push(&id.to_hex());
            if let Some(state) = state(flags) {
                text.push(b"-").push(&[state]);
            }
            carrier.set(SINGLE, text.as_str());
            return;
        }
        let (trace, id) = (trace.to_hex(), id.to_hex());
        carrier.set(TRACE, str::from_utf8(&trace).expect("hexadecimal digits are ASCII"));
        carrier.set(SPAN, str::from_utf8(&id).expect("hexadecimal digits are ASCII"));
        carrier.remove(PARENT);
        carrier.remove(SAMPLED);
        carrier.remove(FLAGS);
        match state(flags) {
            // A debug flag implies that it is sampled, which must then not be said.
            Some(b'd') => carrier.set(FLAGS, "1"),
            Some(b'1') => carrier.set(SAMPLED, "1"),
            Some(_) => carrier.set(SAMPLED, "0"),
            None => {}
        }
    }
}

/// The sampling state as one letter, if there is one.
const fn state(flags: TraceFlags) -> Option<u8> {
    match (flags.is_debug(), flags.is_sampled(), flags.is_deferred()) {
        (true, ..) => Some(b'd'),
        (_, true, _) => Some(b'1'),
        (.., true) => None,
        _ => Some(b'0'),
    }
}

fn read_state(text: &str) -> Option<TraceFlags> {
    match text {
        "d" => Some(TraceFlags::DEBUG),
        "1" => Some(TraceFlags::SAMPLED),
        "0" => Some(TraceFlags::NOT_SAMPLED),
        _ => None,
    }
}

/// 16 or 32 digits.
fn read_trace(text: &str) -> Option<TraceId> {
    matches!(text.len(), 16 | 32).then(|| padded_id(text)).flatten()
}

/// `{trace}-{span}`, `{trace}-{span}-{state}`, `{trace}-{span}-{state}-{parent}` or `{state}`.
fn read_single(text: &str) -> Option<Extracted> {
    if let Some(flags) = read_state(text) {
        return Some(Extracted::Decision(flags));
    }
    let mut parts = text.split('-');
    let (trace, span) = (read_trace(parts.next()?)?, parts.next()?.parse().ok()?);
    let flags = parts.next().map_or(Some(TraceFlags::DEFERRED), read_state)?;
    if let Some(parent) = parts.next() {
        is_parent(parent)?;
    }
    if parts.next().is_some() {
        return None;
    }
    Some(Extracted::Span(SpanContext::new(trace, span, flags).remote()))
}

/// Some libraries write zeros for the parent of a root.
fn is_parent(text: &str) -> Option<()> {
    (text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(())
}

fn read_multi(carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader> {
    let is_debug = carrier::one(carrier, FLAGS, |text| match text {
        "1" => Some(true),
        "0" => Some(false),
        _ => None,
    })?;
    let sampled = carrier::one(carrier, SAMPLED, |text| match text {
        // The words are from before there was a specification, and still about.
        "1" | "true" | "True" => Some(TraceFlags::SAMPLED),
        "0" | "false" | "False" => Some(TraceFlags::NOT_SAMPLED),
        "d" => Some(TraceFlags::DEBUG),
        _ => None,
    })?;
    let flags = if is_debug == Some(true) { Some(TraceFlags::DEBUG) } else { sampled };
    let Some(trace) = carrier::one(carrier, TRACE, read_trace)? else {
        return Ok(flags.map_or(Extracted::Nothing, Extracted::Decision));
    };
    let span = carrier::one(carrier, SPAN, |text| text.parse().ok())?;
    let span = span.ok_or(InvalidHeader::new(SPAN))?;
    carrier::one(carrier, PARENT, is_parent)?;
    let flags = flags.unwrap_or(TraceFlags::DEFERRED);
    Ok(Extracted::Span(SpanContext::new(trace, span, flags).remote()))
}
