//! To and from the `log` facade.

use std::{fmt, io};

use log::kv;

use super::Split;
use crate::{
    Level, Logger, Record, Sink, Value,
    record::{Call, Fields},
    value::Caller,
};

/// A [`log::Log`] that sends the records of the `log` facade to a [`Logger`].
///
/// A record becomes an event with the pairs `target`, `msg` and those of the record, in this order.
/// Trace is written as debug. Whether it becomes the program's logger is for `main` to say:
///
/// ```
/// use log::Log;
/// use oxkit_log::{FromLog, Lines, Logger, SyncWriter};
///
/// let output = SyncWriter::new(Vec::new());
/// let bridge = FromLog::new(Logger::new(Lines::logfmt(output.clone())));
/// // In `main`: log::set_boxed_logger(Box::new(bridge))?; log::set_max_level(...);
///
/// bridge.log(
///     &log::Record::builder()
///         .level(log::Level::Info)
///         .target("hyper")
///         .args(format_args!("listening"))
///         .key_values(&[("port", 8080)])
///         .build(),
/// );
/// assert_eq!(
///     output.lock().as_slice(),
///     b"level=info target=hyper msg=listening port=8080\n"
/// );
/// ```
///
/// Do not send a [`ToLog`] back into it: an event would go round for ever.
#[derive(Debug, Clone)]
pub struct FromLog {
    logger: Logger,
}

impl FromLog {
    /// Sends records to `logger`.
    #[must_use]
    pub const fn new(logger: Logger) -> Self {
        Self { logger }
    }
}

const fn level_from(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::Error,
        log::Level::Warn => Level::Warn,
        log::Level::Info => Level::Info,
        log::Level::Debug | log::Level::Trace => Level::Debug,
    }
}

impl log::Log for FromLog {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        self.logger.enabled(level_from(metadata.level()))
    }

    fn log(&self, record: &log::Record<'_>) {
        let level = level_from(record.level());
        if !self.logger.enabled(level) {
            return;
        }
        let message = record.args().as_str().map_or(Value::Display(record.args()), Value::Str);
        let lead = [("target", record.target().into()), ("msg", message)];
        let caller = record.file().zip(record.line()).map(|(file, line)| Caller::new(file, line));
        let pairs = KeyValues(record.key_values());
        let sent = self.logger.send(Some(level), caller, &lead, &[], Call::Visit(&pairs));
        self.logger.count(&sent);
    }

    fn flush(&self) {
        // The facade has no way to be told.
        let _ = self.logger.flush();
    }
}

/// The pairs of a record of the facade.
struct KeyValues<'a>(&'a dyn kv::Source);

impl Fields for KeyValues<'_> {
    fn visit(&self, visit: &mut dyn FnMut(&str, Value<'_>)) {
        struct Pair<'a>(&'a mut dyn FnMut(&str, Value<'_>));

        impl<'kvs> kv::VisitSource<'kvs> for Pair<'_> {
            fn visit_pair(
                &mut self,
                key: kv::Key<'kvs>,
                value: kv::Value<'kvs>,
            ) -> Result<(), kv::Error> {
                value.visit(Kind { key: key.as_str(), visit: &mut *self.0 })
            }
        }

        // A source that fails has given what it could.
        let _ = self.0.visit(&mut Pair(visit));
    }
}

/// Finds out what kind of value it is.
struct Kind<'a> {
    key: &'a str,
    visit: &'a mut dyn FnMut(&str, Value<'_>),
}

impl Kind<'_> {
    fn give(&mut self, value: Value<'_>) -> Result<(), kv::Error> {
        (self.visit)(self.key, value);
        Ok(())
    }
}

impl kv::VisitValue<'_> for Kind<'_> {
    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        self.give(Value::Display(&value))
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        self.give(Value::Null)
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), kv::Error> {
        self.give(Value::U64(value))
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), kv::Error> {
        self.give(Value::I64(value))
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), kv::Error> {
        self.give(Value::F64(value))
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), kv::Error> {
        self.give(Value::Bool(value))
    }

    fn visit_str(&mut self, value: &str) -> Result<(), kv::Error> {
        self.give(Value::Str(value))
    }
}

/// A [`Sink`] that sends events to a logger of the `log` facade.
///
/// The value of `msg` becomes the message, the other pairs become the record's key-values. An
/// event without level is sent at info. To send to the program's logger, once that is set:
///
/// ```
/// use oxkit_log::{Logger, ToLog, info};
///
/// let logger = Logger::new(ToLog::new(log::logger(), "todosvc"));
/// info!(logger, "listening", port = 8080);
/// ```
#[derive(Clone)]
pub struct ToLog<L> {
    inner: L,
    target: String,
}

impl<L: log::Log> ToLog<L> {
    /// Sends events to `inner`, with this target.
    #[must_use]
    pub fn new(inner: L, target: impl Into<String>) -> Self {
        Self { inner, target: target.into() }
    }
}

const fn level_to(level: Option<Level>) -> log::Level {
    match level {
        Some(Level::Debug) => log::Level::Debug,
        Some(Level::Info) | None => log::Level::Info,
        Some(Level::Warn) => log::Level::Warn,
        Some(Level::Error) => log::Level::Error,
    }
}

impl<L: log::Log> Sink for ToLog<L> {
    fn enabled(&self, level: Option<Level>) -> bool {
        let metadata = log::Metadata::builder().level(level_to(level)).target(&self.target).build();
        self.inner.enabled(&metadata)
    }

    fn log(&self, record: &Record<'_>) -> io::Result<()> {
        let split = Split::of(record);
        let caller = record.caller();
        self.inner.log(
            &log::Record::builder()
                .level(level_to(record.level()))
                .target(&self.target)
                .file(caller.map(|caller| caller.file))
                .line(caller.map(|caller| caller.line))
                .key_values(&split)
                .args(format_args!("{}", split.message))
                .build(),
        );
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.inner.flush();
        Ok(())
    }
}

impl kv::Source for Split {
    fn visit<'kvs>(&'kvs self, visitor: &mut dyn kv::VisitSource<'kvs>) -> Result<(), kv::Error> {
        for (key, value) in self.pairs() {
            let value = match value {
                Value::Bool(value) => kv::Value::from(value),
                Value::I64(value) => kv::Value::from(value),
                Value::U64(value) => kv::Value::from(value),
                Value::F32(value) => kv::Value::from(value),
                Value::F64(value) => kv::Value::from(value),
                Value::Str(text) => kv::Value::from(text),
                _ => kv::Value::null(),
            };
            visitor.visit_pair(kv::Key::from_str(key), value)?;
        }
        Ok(())
    }
}

impl<L> fmt::Debug for ToLog<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToLog").field("target", &self.target).finish_non_exhaustive()
    }
}
