//! The places in the code that `tracing` knows: one for each kind of span.

use oxkit_core::Operation;
use tracing::{Span, field::Value, level_filters::STATIC_MAX_LEVEL};
use tracing_core::{
    Kind as OfCallsite, Level, LevelFilter, Metadata,
    callsite::DefaultCallsite,
    dispatcher,
    field::{FieldSet, display},
    identify_callsite,
};

use super::Kind;

/// The first five are known when a span begins.
const FIELDS: &[&str] = &[
    "otel.name",
    "otel.kind",
    "rpc.system.name",
    "rpc.service",
    "rpc.method",
    super::TRACE_ID,
    super::SPAN_ID,
    super::end::OUTCOME,
    super::end::STATUS,
    super::end::ERROR,
    super::end::OTEL_STATUS,
    super::end::OTEL_DESCRIPTION,
];

/// The level of all spans.
const LEVEL: Level = Level::INFO;

/// Where spans of a kind are made, as far as `tracing` is concerned.
#[derive(Clone, Copy)]
pub(super) struct Site {
    callsite: &'static DefaultCallsite,
    metadata: &'static Metadata<'static>,
    pub(super) kind: Kind,
}

macro_rules! site {
    ($name:literal, $kind:expr) => {{
        static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);
        // Without a place in the code: the one of this line would be the same for every call.
        static METADATA: Metadata<'static> = Metadata::new(
            $name,
            "oxkit_tracing",
            LEVEL,
            None,
            None,
            None,
            FieldSet::new(FIELDS, identify_callsite!(&CALLSITE)),
            OfCallsite::SPAN,
        );
        Site { callsite: &CALLSITE, metadata: &METADATA, kind: $kind }
    }};
}

impl Site {
    pub(super) const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Server => site!("server", Kind::Server),
            Kind::Client => site!("client", Kind::Client),
            Kind::Internal => site!("internal", Kind::Internal),
            Kind::Producer => site!("producer", Kind::Producer),
            Kind::Consumer => site!("consumer", Kind::Consumer),
        }
    }

    /// Whether anybody may listen. Two reads of memory, or three.
    #[inline]
    pub(super) fn may_be_enabled(self) -> bool {
        LEVEL <= STATIC_MAX_LEVEL
            && LEVEL <= LevelFilter::current()
            && !self.callsite.interest().is_never()
    }

    /// A span, or a disabled one. Whoever listens is asked once more, and if it wants the span it
    /// gets it: filters count on that.
    pub(super) fn span(self, operation: Option<&Operation>, system: Option<&str>) -> Span {
        let interest = self.callsite.interest();
        let is_enabled = interest.is_always()
            || dispatcher::get_default(|current| current.enabled(self.metadata));
        if !is_enabled {
            return Span::none();
        }
        let set = self.metadata.fields();
        let mut fields = set.iter();
        let mut next = || fields.next().expect("there are more fields than are asked for");
        let (name, kind, by) = (next(), next(), next());
        let (service, method) = (next(), next());

        let operation_is = operation.map(display);
        let whole = operation_is.as_ref().map(|name| name as &dyn Value);
        let of = operation.map(Operation::service);
        let values: [_; 5] = [
            (&name, whole),
            (&kind, Some(&self.kind.name() as &dyn Value)),
            (&by, system.as_ref().map(|system| system as &dyn Value)),
            (&service, of.as_ref().map(|service| service as &dyn Value)),
            (&method, whole),
        ];
        Span::new(self.metadata, &set.value_set(&values))
    }
}
