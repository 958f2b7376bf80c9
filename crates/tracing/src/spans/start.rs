//! What happens before a call: is there a span, and which.

use oxkit_core::{Context, SpanContext, TraceFlags};
use tracing::{Span, field::display, level_filters::LevelFilter};

use super::{SPAN_ID, Spans, TRACE_ID};
use crate::{Candidate, NewSpan, decided::Decided, random};

/// A span that was begun.
///
/// Boxed where it is kept, so that the future of a call without one is only a word longer.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) span: Span,
}

/// Whether a call has a span.
pub(super) enum Verdict {
    /// Nobody listens.
    Unheard,
    /// The sampler said no.
    Unsampled,
    /// It has this one, of which its context is to be told.
    Span(Box<Active>, SpanContext),
}

impl<M> Spans<M> {
    /// Whether there is nothing to decide and nothing to do: nobody listens, or the sampler has said
    /// no further out.
    #[inline]
    pub(super) fn is_idle(&self, cx: &Context) -> bool {
        let settings = &*self.settings;
        if cx.is_unsampled() {
            return !settings.knows_others;
        }
        // A span of the user's own making may be at any level.
        match &settings.make {
            None => !settings.site.may_be_enabled(),
            Some(_) => LevelFilter::current() == LevelFilter::OFF,
        }
    }

    /// Begins a span if the sampler wants it and somebody listens.
    //
    // In three functions, so that most calls, which end with the sampler, do not make room for what
    // only the others need.
    pub(super) fn start(&self, cx: &Context) -> Verdict {
        if self.settings.knows_others {
            return self.start_among_others(cx);
        }
        self.decide(cx, None)
    }

    #[inline(never)]
    fn start_among_others(&self, cx: &Context) -> Verdict {
        let current = self.settings.identify.current(cx.get());
        self.decide(cx, current.as_ref())
    }

    fn decide(&self, cx: &Context, current: Option<&SpanContext>) -> Verdict {
        let settings = &*self.settings;
        let caller = current.or_else(|| cx.get());
        let is_stranger = settings.is_public && caller.is_some_and(SpanContext::is_remote);
        let (parent, link) = if is_stranger { (None, caller) } else { (caller, None) };
        let decided = match parent {
            Some(parent) => Some(parent.flags()),
            None if settings.is_public => None,
            None => Decided::of(cx, false),
        };
        let trace_id = parent.map_or_else(random::trace_id, SpanContext::trace_id);
        let candidate = Candidate::new(decided, trace_id, self.operation.as_ref()).in_context(cx);
        if !settings.sampler.samples(&candidate) {
            return Verdict::Unsampled;
        }
        let flags = decided.unwrap_or(TraceFlags::SAMPLED).with_sampled(true);
        self.begin(cx, &NewSpan { parent, link, trace_id, flags })
    }

    #[inline(never)]
    fn begin(&self, cx: &Context, new: &NewSpan<'_>) -> Verdict {
        let settings = &*self.settings;
        let span = match &settings.make {
            Some(make) => make(cx),
            None => {
                let operation = self.operation.as_ref().or_else(|| cx.operation());
                settings.site.span(operation, settings.system.as_deref())
            }
        };
        if span.is_disabled() {
            return Verdict::Unheard;
        }
        let identified = settings.identify.identify(&span, new);
        if settings.records_ids {
            span.record(TRACE_ID, display(identified.trace_id()));
            span.record(SPAN_ID, display(identified.span_id()));
        }
        Verdict::Span(Box::new(Active { span }), identified)
    }
}
