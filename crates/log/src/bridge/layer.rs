//! From `tracing`: a subscriber layer that sends events to a logger.

use std::{cell::Cell, error::Error, fmt, sync::Arc};

use tracing_core::{
    Event, Level as TracingLevel, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record as SpanRecord},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

use crate::{
    Level, Logger, StoredValue, Value,
    record::{Call, Fields},
    segment::Segment,
    value::Caller,
};

/// A layer for a `tracing` subscriber that sends every event to a [`Logger`], so that what
/// libraries say with `tracing` comes out in the same lines as everything else.
///
/// An event becomes one line. Its pairs, in this order:
///
/// | key | value | when |
/// |---|---|---|
/// | `level` | trace is written as debug | always |
/// | the logger's context | | |
/// | `target` | the event's target | always |
/// | `span` | the names of the spans it is in, outermost first: `request:query` | if in a span |
/// | the spans' fields | as they are now, those of the outermost span first | |
/// | `msg` | the event's message | if it has one |
/// | the event's fields | | |
/// | the logger's suffixes | | |
///
/// In JSON the innermost of several fields of one name is the one that is written. Span fields are
/// turned into text once, when they are recorded. Those whose names begin with `otel.` are left out:
/// they are words to a layer of OpenTelemetry, and say of a span what its other fields say.
///
/// ```
/// use oxkit_log::{FromTracing, Lines, Logger, SyncWriter};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone())).with("service", "todosvc");
/// let subscriber = tracing_subscriber::registry().with(FromTracing::new(logger));
///
/// tracing::subscriber::with_default(subscriber, || {
///     let _span = tracing::info_span!("request", id = 7).entered();
///     tracing::warn!(target: "db", rows = 3, "slow query");
/// });
/// assert_eq!(
///     String::from_utf8_lossy(&output.lock()),
///     "level=warn service=todosvc target=db span=request id=7 msg=\"slow query\" rows=3\n"
/// );
/// ```
///
/// The logger's [`Filter`](crate::Filter) decides which events are written. An event that it drops
/// has cost a visit of this layer; to have it cost nothing, put a `LevelFilter` of
/// `tracing_subscriber` into the subscriber as well.
#[derive(Debug, Clone)]
pub struct FromTracing {
    logger: Logger,
}

impl FromTracing {
    /// Sends events to `logger`.
    #[must_use]
    pub const fn new(logger: Logger) -> Self {
        Self { logger }
    }
}

/// What is kept with a span. Two of these layers in one subscriber keep the same, so they share it.
struct Kept {
    path: Path,
    segment: Arc<Segment>,
}

/// The names of a span and those around it.
#[derive(Clone)]
enum Path {
    Name(&'static str),
    Joined(Arc<str>),
}

impl Path {
    fn as_str(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Joined(path) => path,
        }
    }
}

thread_local! {
    /// The spans of the event being written, a list that is used again.
    static SCOPE: Cell<Vec<Arc<Segment>>> = const { Cell::new(Vec::new()) };
}

impl<S> Layer<S> for FromTracing
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let name = span.name();
        let path = span
            .parent()
            .and_then(|parent| {
                let extensions = parent.extensions();
                let parent = extensions.get::<Kept>()?;
                let joined = [parent.path.as_str(), ":", name].concat();
                Some(Path::Joined(joined.into()))
            })
            .unwrap_or(Path::Name(name));
        let mut segment = Segment::with_capacity(attributes.fields().len());
        attributes.record(&mut Keep(&mut segment));
        span.extensions_mut().replace(Kept { path, segment: Arc::new(segment) });
    }

    fn on_record(&self, id: &Id, values: &SpanRecord<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        // Written before the extensions are locked: a value that logs while it writes itself would
        // come back to the lock.
        let mut recorded = Segment::with_capacity(values.len());
        values.record(&mut Keep(&mut recorded));
        if let Some(kept) = span.extensions_mut().get_mut::<Kept>() {
            // An event that is being written elsewhere keeps the fields it has.
            let segment = Arc::make_mut(&mut kept.segment);
            for (key, value) in recorded.into_pairs() {
                segment.replace(key, value);
            }
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let metadata = event.metadata();
        let level = level_from(*metadata.level());
        if !self.logger.enabled(level) {
            return;
        }
        let mut scope = SCOPE.try_with(Cell::take).unwrap_or_default();
        let mut path = None;
        for span in cx.event_scope(event).into_iter().flatten() {
            if let Some(kept) = span.extensions().get::<Kept>() {
                path.get_or_insert_with(|| kept.path.clone());
                scope.push(kept.segment.clone());
            }
        }
        scope.reverse();
        let span = path.as_ref().map_or("", Path::as_str);
        let lead = [("target", metadata.target().into()), ("span", Value::Str(span))];
        let lead = if path.is_some() { &lead } else { &lead[..1] };
        let caller =
            metadata.file().zip(metadata.line()).map(|(file, line)| Caller::new(file, line));
        let fields = EventFields(event);
        let sent = self.logger.send(Some(level), caller, lead, &scope, Call::Visit(&fields));
        self.logger.count(&sent);
        scope.clear();
        let _ = SCOPE.try_with(|cell| cell.set(scope));
    }
}

fn level_from(level: TracingLevel) -> Level {
    match level {
        TracingLevel::ERROR => Level::Error,
        TracingLevel::WARN => Level::Warn,
        TracingLevel::INFO => Level::Info,
        _ => Level::Debug,
    }
}

struct EventFields<'a>(&'a Event<'a>);

impl Fields for EventFields<'_> {
    fn visit(&self, visit: &mut dyn FnMut(&str, Value<'_>)) {
        self.0.record(&mut Visitor(visit));
    }
}

struct Visitor<F>(F);

/// Puts what is visited into a segment.
struct Keep<'a>(&'a mut Segment);

/// A place to put the values of fields.
trait Put {
    fn put(&mut self, field: &Field, value: Value<'_>);
}

impl<F: FnMut(&str, Value<'_>)> Put for Visitor<F> {
    fn put(&mut self, field: &Field, value: Value<'_>) {
        let name = match field.name() {
            // So that all lines have their text under one key.
            "message" => "msg",
            name => name,
        };
        (self.0)(name, value);
    }
}

impl Put for Keep<'_> {
    fn put(&mut self, field: &Field, value: Value<'_>) {
        if field.name().starts_with("otel.") {
            return;
        }
        self.0.replace(field.name().into(), StoredValue::copy_of(value));
    }
}

/// Implements `Visit` by [`Put`].
macro_rules! visit {
    ($($name:ident($type:ty) => $variant:ident),* $(,)?) => {
        visit!(@for [<F: FnMut(&str, Value<'_>)>] Visitor<F>, $($name($type) => $variant),*);
        visit!(@for [] Keep<'_>, $($name($type) => $variant),*);
    };
    (@for [$($generics:tt)*] $target:ty, $($name:ident($type:ty) => $variant:ident),*) => {
        impl $($generics)* Visit for $target {
            $(fn $name(&mut self, field: &Field, value: $type) {
                self.put(field, Value::$variant(value));
            })*

            fn record_i128(&mut self, field: &Field, value: i128) {
                self.put(field, Value::Display(&value));
            }

            fn record_u128(&mut self, field: &Field, value: u128) {
                self.put(field, Value::Display(&value));
            }
        }
    };
}

visit! {
    record_f64(f64) => F64,
    record_i64(i64) => I64,
    record_u64(u64) => U64,
    record_bool(bool) => Bool,
    record_str(&str) => Str,
    record_bytes(&[u8]) => Bytes,
    record_error(&(dyn Error + 'static)) => Error,
    record_debug(&dyn fmt::Debug) => Debug,
}
