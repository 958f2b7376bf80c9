//! Which identifiers a new span gets.

use std::marker::PhantomData;

use oxkit_core::{SpanContext, SpanId, TraceFlags, TraceId};
use tracing::Span;

use crate::random;

/// Gives spans their identifiers: at [random](RandomIds), or those that another system has given
/// them already.
///
/// For systems that keep their own books of `tracing` spans, as OpenTelemetry does.
pub trait Identify: Send + Sync {
    /// Whether this system also knows spans that are made by hand. Asked once; only if it does is it
    /// asked for the [current](Self::current) one and for a [shield](Self::shield).
    fn knows_others(&self) -> bool {
        false
    }

    /// The span that is being worked on, if the running code is in one that this system knows and
    /// that says more than `carried`, which is the context's.
    ///
    /// It is asked for every call that somebody listens to, sampled or not.
    fn current(&self, carried: Option<&SpanContext>) -> Option<SpanContext> {
        let _ = carried;
        None
    }

    /// The identifiers of `span`, which was just made and not entered yet.
    fn identify(&self, span: &Span, new: &NewSpan<'_>) -> SpanContext;

    /// What keeps this system from recording anything on this thread until it is dropped: what is
    /// made by hand inside of a call that is not sampled belongs to no trace that is recorded.
    ///
    /// It is asked for each time such a call is polled.
    fn shield(&self) -> Shield {
        Shield::none()
    }
}

/// Keeps a system that records spans from doing so on this thread, until it is dropped: see
/// [`Identify::shield`].
#[derive(Debug)]
#[must_use = "it keeps nothing away once it is dropped"]
pub struct Shield {
    /// It is of one thread, whatever it is made of.
    _here: PhantomData<*const ()>,
    #[cfg(feature = "otel")]
    _guard: Option<opentelemetry::ContextGuard>,
}

impl Shield {
    #[cfg(feature = "otel")]
    pub(crate) const fn new(guard: Option<opentelemetry::ContextGuard>) -> Self {
        Self { _here: PhantomData, _guard: guard }
    }

    /// One that keeps nothing away.
    pub const fn none() -> Self {
        Self {
            _here: PhantomData,
            #[cfg(feature = "otel")]
            _guard: None,
        }
    }
}

/// A span that was just made, for [`Identify`].
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct NewSpan<'a> {
    /// The span it is a child of.
    pub parent: Option<&'a SpanContext>,
    /// A span of another trace that caused it.
    pub link: Option<&'a SpanContext>,
    /// Its trace: the parent's, or a new one.
    pub trace_id: TraceId,
    /// What was decided. It is sampled: for others no span is made.
    pub flags: TraceFlags,
}

impl NewSpan<'_> {
    /// The span under this identifier, in the parent's trace and with its trace state.
    #[must_use]
    pub fn identified(&self, span_id: SpanId) -> SpanContext {
        let state = self.parent.and_then(|parent| parent.state().cloned());
        SpanContext::new(self.trace_id, span_id, self.flags).with_state(state)
    }
}

/// Identifiers at random, which is the default.
///
/// They are unique and not secret: whoever knows some may guess others.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Identify for RandomIds {
    fn identify(&self, _: &Span, new: &NewSpan<'_>) -> SpanContext {
        new.identified(random::span_id())
    }
}
