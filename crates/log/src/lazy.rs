//! Values of a logger's context that are evaluated for each event.

use std::{fmt, sync::Arc, time::SystemTime};

use crate::{ToValue, Value, record::About};

type Evaluate = dyn Fn(&mut dyn FnMut(Value<'_>)) + Send + Sync;

/// A value of a logger's context that is evaluated for each event that is written.
///
/// Lazy values are evaluated in the order in which they stand in the line, once for each event, and
/// not at all for an event that is filtered out. [`timestamp_utc`](crate::timestamp_utc) and
/// [`caller`] are the usual ones.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use oxkit_log::{Lazy, Lines, Logger, SyncWriter, info};
///
/// let count = AtomicU64::new(0);
/// let count = Lazy::new(move || count.fetch_add(1, Ordering::Relaxed));
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone())).with("n", count);
///
/// info!(logger, "first");
/// info!(logger, "second");
/// assert_eq!(output.lock().as_slice(), b"level=info n=0 msg=first\nlevel=info n=1 msg=second\n");
/// ```
#[derive(Clone)]
pub struct Lazy(Kind);

#[derive(Clone)]
enum Kind {
    Closure(Arc<Evaluate>),
    // What a record knows by itself, and the time, which is the most used one by far: a closure would
    // make them dearer.
    Now,
    Caller,
    Took,
}

impl Lazy {
    /// A value that `evaluate` gives anew for each event.
    ///
    /// It runs on the thread that logs. If it panics, the panic goes to whoever logged; nothing is
    /// written and no lock is held.
    #[must_use]
    pub fn new<T: ToValue>(evaluate: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self::read(move |read| read(evaluate().to_value()))
    }

    /// The same for a value that lives only until it was read.
    pub(crate) fn read(
        evaluate: impl Fn(&mut dyn FnMut(Value<'_>)) + Send + Sync + 'static,
    ) -> Self {
        Self(Kind::Closure(Arc::new(evaluate)))
    }

    /// The time of the event.
    pub(crate) const fn now() -> Self {
        Self(Kind::Now)
    }

    /// How long what the event is about took.
    pub(crate) const fn took() -> Self {
        Self(Kind::Took)
    }

    #[inline]
    pub(crate) fn evaluate(&self, about: About<'_>, mut read: impl FnMut(Value<'_>)) {
        match &self.0 {
            Kind::Closure(evaluate) => evaluate(&mut read),
            Kind::Now => read(Value::Time(SystemTime::now())),
            Kind::Caller => read(about.caller.map_or(Value::Null, Value::Caller)),
            Kind::Took => read(about.took.map_or(Value::Null, Value::Duration)),
        }
    }
}

/// Where an event was logged: `main.rs:17`, the file without its directories.
///
/// This is the place of the macro, or of the call of a [`Logger`](crate::Logger)'s method, found
/// at compile time. It costs nothing but the characters in the line, however many loggers were
/// derived. Where the place is not known, the value is null.
///
/// ```
/// use oxkit_log::{Lines, Logger, SyncWriter, caller, info};
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone())).with("caller", caller());
/// info!(logger, "here");
/// let line = String::from_utf8(output.lock().clone()).unwrap();
/// assert!(line.starts_with("level=info caller=") && line.contains(".rs:"), "{line}");
/// ```
#[must_use]
pub const fn caller() -> Lazy {
    Lazy(Kind::Caller)
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Kind::Closure(_) => "Lazy(closure)",
            Kind::Now => "Lazy(now)",
            Kind::Caller => "Lazy(caller)",
            Kind::Took => "Lazy(took)",
        })
    }
}
