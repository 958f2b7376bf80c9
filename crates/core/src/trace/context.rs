//! Which span of which trace a call is.

use std::sync::Arc;

use super::{SpanId, TraceFlags, TraceId};

/// Which span of which trace a call is: what travels from service to service.
///
/// It is a value of the [`Context`](crate::Context). What traces puts it in; what logs reads it, so
/// that lines and spans can be found by each other; what speaks to another service passes it on.
///
/// ```
/// use oxkit_core::{Context, SpanContext, TraceFlags};
///
/// let span = SpanContext::new(
///     "4bf92f3577b34da6a3ce929d0e0e4736".parse()?,
///     "00f067aa0ba902b7".parse()?,
///     TraceFlags::SAMPLED,
/// );
/// let cx = Context::new().with(span);
/// assert!(cx.get::<SpanContext>().is_some_and(SpanContext::is_sampled));
/// # Ok::<_, oxkit_core::NotAnId>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpanContext {
    trace_id: TraceId,
    span_id: SpanId,
    flags: TraceFlags,
    remote: bool,
    /// Shared, because each span of a trace passes it on as it is.
    state: Option<Arc<str>>,
}

impl SpanContext {
    /// A span of this process, without a trace state.
    #[must_use]
    pub const fn new(trace_id: TraceId, span_id: SpanId, flags: TraceFlags) -> Self {
        Self { trace_id, span_id, flags, remote: false, state: None }
    }

    /// The same with a trace state: what tracing systems on the way have to say, in the form of the
    /// `tracestate` header of W3C Trace Context. Whoever calls this has checked the form.
    #[must_use]
    pub fn with_state(self, state: impl Into<Option<Arc<str>>>) -> Self {
        Self { state: state.into(), ..self }
    }

    /// The same with these flags.
    #[must_use]
    pub fn with_flags(self, flags: TraceFlags) -> Self {
        Self { flags, ..self }
    }

    /// The same as a span of another process, which called this one.
    #[must_use]
    pub fn remote(self) -> Self {
        Self { remote: true, ..self }
    }

    /// Which trace.
    #[must_use]
    pub const fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// Which span of it.
    #[must_use]
    pub const fn span_id(&self) -> SpanId {
        self.span_id
    }

    /// What was decided about the trace.
    #[must_use]
    pub const fn flags(&self) -> TraceFlags {
        self.flags
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        self.flags.is_sampled()
    }

    /// Whether the span is one of another process.
    #[must_use]
    pub const fn is_remote(&self) -> bool {
        self.remote
    }

    /// The trace state, in the form of the `tracestate` header.
    #[must_use]
    pub const fn state(&self) -> Option<&Arc<str>> {
        self.state.as_ref()
    }
}
