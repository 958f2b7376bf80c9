//! A decision about a trace that has no span yet.

use oxkit_core::{Context, TraceFlags};

/// What a caller decided without naming a span. A value of the context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decided(pub(crate) TraceFlags);

impl Decided {
    /// What was decided for `cx`, which has no span.
    #[inline]
    pub(crate) fn of(cx: &Context, unsampled: bool) -> Option<TraceFlags> {
        if unsampled {
            return Some(TraceFlags::NOT_SAMPLED);
        }
        cx.get::<Self>().map(|decided| decided.0)
    }
}
