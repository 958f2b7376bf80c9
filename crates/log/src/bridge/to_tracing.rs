//! Into `tracing`: a sink that emits events there.

use std::io;

use tracing_core::{
    Event, Kind, Level as TracingLevel, Metadata, callsite::DefaultCallsite, dispatcher,
    field::Value as TracingValue,
};

use super::Split;
use crate::{
    Level, Record, Sink,
    format::{Encode, Logfmt},
};

/// A [`Sink`] that emits events as `tracing` events, to whatever subscriber is current on the
/// thread that logs.
///
/// The names of `tracing` fields are fixed when a program is compiled, so an event has two: the
/// `message`, which is the value of `msg`, and `kv`, the other pairs as one text of logfmt. The
/// target is `oxkit_log`; an event without level is emitted at info.
///
/// ```
/// use oxkit_log::{Logger, ToTracing, info};
///
/// let logger = Logger::new(ToTracing::new());
/// info!(logger, "listening", port = 8080);
/// ```
///
/// Do not give the subscriber a [`FromTracing`](crate::FromTracing) that leads back here: an event
/// would go round for ever.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct ToTracing;

impl ToTracing {
    /// A sink that emits `tracing` events.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

/// What `tracing` has to know of a place that emits, one for each level.
struct Site {
    callsite: &'static DefaultCallsite,
    metadata: &'static Metadata<'static>,
}

macro_rules! site {
    ($level:ident) => {{
        static CALLSITE: DefaultCallsite = DefaultCallsite::new(&METADATA);
        static METADATA: Metadata<'static> = tracing_core::metadata! {
            name: "event",
            target: "oxkit_log",
            level: TracingLevel::$level,
            fields: &["message", "kv"],
            callsite: &CALLSITE,
            kind: Kind::EVENT
        };
        Site { callsite: &CALLSITE, metadata: &METADATA }
    }};
}

fn site(level: Option<Level>) -> Site {
    match level {
        Some(Level::Debug) => site!(DEBUG),
        Some(Level::Info) | None => site!(INFO),
        Some(Level::Warn) => site!(WARN),
        Some(Level::Error) => site!(ERROR),
    }
}

impl Sink for ToTracing {
    fn enabled(&self, level: Option<Level>) -> bool {
        let site = site(level);
        let interest = site.callsite.interest();
        !interest.is_never()
            && (interest.is_always()
                || dispatcher::get_default(|current| current.enabled(site.metadata)))
    }

    fn log(&self, record: &Record<'_>) -> io::Result<()> {
        let metadata = site(record.level()).metadata;
        let split = Split::of(record);
        let mut text = Vec::new();
        for (key, value) in split.pairs() {
            Logfmt::key(&mut text, key)?;
            Logfmt::value(&mut text, &value);
        }
        let text = String::from_utf8_lossy(&text);
        let pairs = format_args!("{}", text.trim_start());
        let message = format_args!("{}", split.message);
        let fields = metadata.fields();
        let (Some(message_field), Some(pairs_field)) =
            (fields.field("message"), fields.field("kv"))
        else {
            return Ok(());
        };
        let values: [(_, Option<&dyn TracingValue>); 2] =
            [(&message_field, Some(&message)), (&pairs_field, Some(&pairs))];
        Event::dispatch(metadata, &fields.value_set(&values));
        Ok(())
    }
}
