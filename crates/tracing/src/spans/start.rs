//! What happens before a call: is there a span, and which.

use oxkit_core::{Context, SpanContext, TraceFlags};
use tracing::{Span, field::display, level_filters::LevelFilter};

use super::{SPAN_ID, Spans, TRACE_ID, site::Site};
use crate::{Candidate, NewSpan, decided::Decided, random};

/// A span that was begun.
///
/// Boxed where it is kept, so that the future of a call without one is only a word longer.
#[derive(Debug)]
pub(super) struct Active {
    pub(super) span: Span,
}

/// What a call begins as.
pub(super) enum Begun {
    /// Nobody listens.
    Unheard,
    /// The sampler said no, here or further out.
    Unsampled,
    Active(Box<Active>),
}

impl<M> Spans<M> {
    /// Begins a span if the sampler wants it and somebody listens, and puts it into the context.
    #[inline]
    pub(super) fn start(&self, cx: &mut Context) -> Begun {
        let settings = &*self.settings;
        if cx.is_unsampled() {
            return Begun::Unsampled;
        }
        // A span of the user's own making may be at any level.
        let may_be_enabled = match &settings.make {
            None => Site::of(settings.kind).may_be_enabled(),
            Some(_) => LevelFilter::current() != LevelFilter::OFF,
        };
        if may_be_enabled { self.consider(cx) } else { Begun::Unheard }
    }

    fn consider(&self, cx: &mut Context) -> Begun {
        let settings = &*self.settings;
        let carried = cx.get::<SpanContext>();
        let current = settings.identify.current(carried);
        let caller = current.as_ref().or(carried);
        let (parent, link) = if settings.is_public && caller.is_some_and(SpanContext::is_remote) {
            (None, caller)
        } else {
            (caller, None)
        };
        let decided = match parent {
            Some(parent) => Some(parent.flags()),
            None if settings.is_public => None,
            None => Decided::of(cx, false),
        };
        let trace_id = parent.map_or_else(random::trace_id, SpanContext::trace_id);
        let operation = self.operation.as_ref().or_else(|| cx.operation());
        let candidate = Candidate { caller: decided, trace_id, operation };
        if !settings.sampler.samples(&candidate) {
            *cx = std::mem::take(cx).unsampled();
            return Begun::Unsampled;
        }
        let span = match &settings.make {
            Some(make) => make(cx),
            None => Site::of(settings.kind).span(operation, settings.system.as_deref()),
        };
        if span.is_disabled() {
            // Nobody listens: what is called on the way belongs to whoever called.
            return Begun::Unheard;
        }
        let flags = decided.unwrap_or(TraceFlags::SAMPLED).with_sampled(true);
        let identified =
            settings.identify.identify(&span, &NewSpan { parent, link, trace_id, flags });
        if settings.records_ids {
            span.record(TRACE_ID, display(identified.trace_id()));
            span.record(SPAN_ID, display(identified.span_id()));
        }
        cx.insert(identified);
        Begun::Active(Box::new(Active { span }))
    }
}
