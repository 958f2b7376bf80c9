//! The propagation of Jaeger's own clients.

use oxkit_core::{SpanContext, TraceFlags};

use super::{Buffer, padded_id};
use crate::{Carrier, Extracted, InvalidHeader, Propagator, carrier};

const HEADER: &str = "uber-trace-id";

const SAMPLED: u8 = 1;
const DEBUG: u8 = 2;

/// Propagation by the header of Jaeger's own clients, `uber-trace-id`, for services that still have
/// one. Jaeger itself takes OTLP.
///
/// ```
/// use std::collections::HashMap;
/// use oxkit_tracing::{Extracted, Jaeger, Propagator};
///
/// let text = "4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1";
/// let headers = HashMap::from([("uber-trace-id".to_owned(), text.to_owned())]);
/// let Extracted::Span(span) = Jaeger::new().extract(&headers)? else { panic!() };
///
/// let mut headers = HashMap::new();
/// Jaeger::new().inject(&span, &mut headers);
/// assert_eq!(headers["uber-trace-id"], text);
/// # Ok::<_, oxkit_tracing::InvalidHeader>(())
/// ```
///
/// See [its documentation](https://www.jaegertracing.io/sdk-migration/#propagation-format). Its
/// baggage headers are not read.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Jaeger;

impl Jaeger {
    /// The propagator.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

impl Propagator for Jaeger {
    fn extract(&self, carrier: &dyn Carrier) -> Result<Extracted, InvalidHeader> {
        let span = carrier::one(carrier, HEADER, read)?;
        Ok(span.map_or(Extracted::Nothing, Extracted::Span))
    }

    fn looks_for(&self) -> Option<Vec<&'static str>> {
        Some(vec![HEADER])
    }

    fn inject(&self, span: &SpanContext, carrier: &mut dyn Carrier) {
        let sampled = if span.is_sampled() { SAMPLED } else { 0 };
        let debug = if span.flags().is_debug() { DEBUG } else { 0 };
        let mut text = Buffer::<53>::new();
        text.push(&span.trace_id().to_hex()).push(b":").push(&span.span_id().to_hex());
        text.push(b":0:").push(&[b'0' + (sampled | debug)]);
        carrier.set(HEADER, text.as_str());
    }
}

/// `{trace}:{span}:{parent}:{flags}`. Zeros in front may be missing, and some clients encode the
/// colons as in a URL.
fn read(text: &str) -> Option<SpanContext> {
    let colons = if text.contains(':') { ":" } else { "%3A" };
    let mut parts = text.split(colons);
    let (trace, span, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, most: usize| {
        (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if !is_hex(parent, 16) || !is_hex(flags, 2) || parts.next().is_some() {
        return None;
    }
    let bits = u8::from_str_radix(flags, 16).ok()?;
    let flags = match (bits & DEBUG != 0, bits & SAMPLED != 0) {
        (true, true) => TraceFlags::DEBUG,
        (_, sampled) => TraceFlags::default().with_sampled(sampled),
    };
    Some(SpanContext::new(padded_id(trace)?, padded_id(span)?, flags).remote())
}
