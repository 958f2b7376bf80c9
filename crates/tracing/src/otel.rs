//! OpenTelemetry: its identifiers, its parents.

use opentelemetry::{
    Context as OtelContext,
    baggage::BaggageExt,
    trace::{
        SpanContext as OtelSpanContext, SpanId as OtelSpanId, TraceContextExt,
        TraceFlags as OtelFlags, TraceId as OtelTraceId, TraceState,
    },
};
use oxkit_core::{SpanContext, SpanId, TraceFlags, TraceId};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{Identify, NewSpan, RandomIds, Shield, random};

/// Identifiers by OpenTelemetry, for a subscriber that has a layer of `tracing-opentelemetry`.
///
/// What is exported then has the identifiers that travel to other services and stand in the logs,
/// and the spans of endpoints and those made by hand with `tracing` or with OpenTelemetry's API are
/// one tree. Without such a layer identifiers are [random](RandomIds).
///
/// The SDK has a sampler of its own, which is asked after that of [`Spans`](crate::Spans) and may
/// say no to what that one wants. It gives a trace its identifier when it begins, so a
/// [`Ratio`](crate::Ratio) that must hold for the identifiers of the traces themselves belongs
/// there; one of ours saves making the span.
///
/// The layer must have its context activated, as it has unless told otherwise.
///
/// ```
/// use oxkit_tracing::{Otel, Spans};
///
/// let spans = Spans::server().identified_by(Otel::new());
/// ```
/// Inside of a call that is not sampled OpenTelemetry's own context says so, too, and spans that are
/// made there by hand are not recorded by an SDK whose sampler honours its parent's decision. To say
/// so takes some tens of nanoseconds each time such a call is polled.
#[derive(Debug, Clone)]
pub struct Otel {
    /// Of a span that is not sampled, whichever: it is never seen.
    unsampled: OtelContext,
}

impl Otel {
    /// Identifiers by OpenTelemetry.
    #[must_use]
    pub fn new() -> Self {
        let (trace, span) = (random::trace_id(), random::span_id());
        let span = SpanContext::new(trace, span, TraceFlags::NOT_SAMPLED);
        let unsampled = OtelContext::new().with_remote_span_context(Self::to_otel(&span));
        Self { unsampled }
    }

    /// The same span in OpenTelemetry's own type, to hand it to its API.
    ///
    /// ```
    /// use oxkit_core::{SpanContext, TraceFlags};
    /// use oxkit_tracing::Otel;
    ///
    /// let span = SpanContext::new(
    ///     "4bf92f3577b34da6a3ce929d0e0e4736".parse()?,
    ///     "00f067aa0ba902b7".parse()?,
    ///     TraceFlags::SAMPLED,
    /// );
    /// assert_eq!(Otel::span_context(&Otel::to_otel(&span)), Some(span));
    /// # Ok::<_, oxkit_core::NotAnId>(())
    /// ```
    #[must_use]
    pub fn to_otel(span: &SpanContext) -> OtelSpanContext {
        let state = span.state().and_then(|state| state.parse().ok());
        OtelSpanContext::new(
            OtelTraceId::from_bytes(span.trace_id().to_bytes()),
            OtelSpanId::from_bytes(span.span_id().to_bytes()),
            OtelFlags::new(span.flags().to_w3c()),
            span.is_remote(),
            state.unwrap_or(TraceState::NONE),
        )
    }

    /// A span of OpenTelemetry in our type; `None` if it is not valid.
    #[must_use]
    pub fn span_context(span: &OtelSpanContext) -> Option<SpanContext> {
        let trace_id = TraceId::from_bytes(span.trace_id().to_bytes())?;
        let span_id = SpanId::from_bytes(span.span_id().to_bytes())?;
        let flags = TraceFlags::from_w3c(span.trace_flags().to_u8());
        let state = span.trace_state().header();
        let state = (!state.is_empty()).then(|| state.into());
        let found = SpanContext::new(trace_id, span_id, flags).with_state(state);
        Some(if span.is_remote() { found.remote() } else { found })
    }
}

impl Default for Otel {
    fn default() -> Self {
        Self::new()
    }
}

impl Identify for Otel {
    fn knows_others(&self) -> bool {
        true
    }

    /// The span of OpenTelemetry that the running code is in, unless it belongs to another trace
    /// than the context: then the code has nothing to do with the call, as where a call is made for
    /// a task that waits elsewhere.
    fn current(&self, carried: Option<&SpanContext>) -> Option<SpanContext> {
        OtelContext::map_current(|current| {
            if !current.has_active_span() {
                return None;
            }
            let span = current.span();
            let span = span.span_context();
            let is_other =
                |carried: &SpanContext| carried.trace_id().to_bytes() != span.trace_id().to_bytes();
            if carried.is_some_and(is_other) { None } else { Self::span_context(span) }
        })
    }

    fn identify(&self, span: &Span, new: &NewSpan<'_>) -> SpanContext {
        let current = self.current(new.parent);
        if new.parent != current.as_ref() {
            let root = OtelContext::new();
            let parent = match new.parent {
                None => root,
                Some(parent) => {
                    // As decided: a caller may have deferred it.
                    let parent = parent.clone().with_flags(new.flags);
                    root.with_remote_span_context(Self::to_otel(&parent))
                }
            };
            // Fails only without a layer, which shows below.
            let _ = span.set_parent(parent);
        }
        if let Some(link) = new.link {
            span.add_link(Self::to_otel(link));
        }
        let context = span.context();
        match Self::span_context(context.span().span_context()) {
            // OpenTelemetry has no words for all that a caller may have decided.
            Some(found) if found.is_sampled() => found.with_flags(new.flags),
            Some(found) => found,
            None => RandomIds.identify(span, new),
        }
    }

    fn shield(&self) -> Shield {
        let unsampled = OtelContext::map_current(|current| {
            let has_span = current.has_active_span();
            if has_span && !current.span().span_context().is_sampled() {
                return None;
            }
            if !has_span && current.baggage().is_empty() {
                return Some(self.unsampled.clone());
            }
            // What else there is stays.
            let span = self.unsampled.span().span_context().clone();
            Some(current.with_remote_span_context(span))
        });
        Shield::new(unsampled.map(OtelContext::attach))
    }
}
