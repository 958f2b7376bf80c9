//! The handle everything logs through.

mod events;
mod kept;

use std::{
    borrow::Cow,
    fmt, io,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use crate::{Discard, Filter, Level, Sink, StoredValue, keys::KeySet, segment::Segment};
use kept::Kept;

/// The handle everything logs through: where events go, and what is said in each of them.
///
/// A logger is passed in, never looked up. Cloning one bumps a reference count; a logger derived
/// by [`with`](Self::with) shares the sink and all it can of the context.
///
/// Log with the macros ([`info!`](crate::info) and its like): an event that does not pass the
/// filter then evaluates none of its values. The methods of the same names suit code that has its
/// pairs at hand.
///
/// ```
/// use oxkit_log::{Lines, Logger, SyncWriter, info, timestamp_utc};
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone()))
///     .with("service", "todosvc")
///     .with_suffix("region", "eu");
///
/// let request_logger = logger.clone().with("request_id", "7f3a".to_owned());
/// info!(request_logger, "added", id = 7);
/// logger.info(&[("msg", "stopping".into())]);
///
/// assert_eq!(
///     String::from_utf8_lossy(&output.lock()),
///     "level=info service=todosvc request_id=7f3a msg=added id=7 region=eu\n\
///      level=info service=todosvc msg=stopping region=eu\n"
/// );
/// ```
///
/// # Order
///
/// Level, prefixes, context, the event's own pairs, suffixes; each in the order given, but a later
/// prefix goes before an earlier one.
#[derive(Clone)]
pub struct Logger(Arc<Kept>);

impl Logger {
    /// A logger that sends every event to `sink`.
    #[must_use]
    pub fn new(sink: impl Sink + 'static) -> Self {
        Self(Arc::new(Kept::new(Box::new(sink))))
    }

    /// A logger that writes nothing, for tests and for defaults. No event is evaluated.
    ///
    /// ```
    /// use oxkit_log::{Level, Logger};
    ///
    /// assert!(!Logger::discard().enabled(Level::Error));
    /// ```
    #[must_use]
    pub fn discard() -> Self {
        Self::new(Discard)
    }

    /// Decides by `filter` which events get through, instead of by the present filter.
    ///
    /// Loggers derived from this one share the filter, unless they are given one of their own.
    #[must_use]
    pub fn with_filter(mut self, filter: Filter) -> Self {
        self.kept().filter = filter;
        self
    }

    /// Gives events that have no level this one.
    #[must_use]
    pub fn with_default_level(mut self, level: Level) -> Self {
        self.kept().default_level = Some(level);
        self
    }

    /// Adds a pair to the context, after those that are there.
    ///
    /// It is said in every event before the event's own pairs. A constant is encoded once; a
    /// [`Lazy`](crate::Lazy) is evaluated for each event.
    #[must_use]
    pub fn with(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<StoredValue>,
    ) -> Self {
        self.kept().add(key.into(), value.into());
        self
    }

    /// Adds a pair before all others but the level.
    #[must_use]
    pub fn with_prefix(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<StoredValue>,
    ) -> Self {
        self.kept().add_prefix(key.into(), value.into());
        self
    }

    /// Adds a pair after all others.
    #[must_use]
    pub fn with_suffix(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<StoredValue>,
    ) -> Self {
        self.kept().add_suffix(key.into(), value.into());
        self
    }

    fn kept(&mut self) -> &mut Kept {
        Arc::make_mut(&mut self.0)
    }

    /// Whether an event of this level, or without one, would be written.
    ///
    /// The macros ask this before they evaluate anything.
    #[inline]
    #[must_use]
    pub fn enabled(&self, level: impl Into<Option<Level>>) -> bool {
        let kept = &*self.0;
        let level = level.into().or(kept.default_level);
        kept.filter.allows(level) && kept.root.sink.enabled(level)
    }

    /// The pairs before an event's own.
    pub(crate) fn context(&self) -> impl Iterator<Item = &(Cow<'static, str>, StoredValue)> {
        self.0.head.iter().flat_map(|segment| segment.pairs())
    }

    /// Whether the keys in the logger's context differ from each other and from all of these, and
    /// none comes after an event's. `false` may be said though it is so.
    pub(crate) fn is_clear_of(&self, keys: &[&str]) -> bool {
        let mut others = KeySet::default();
        for key in keys {
            others.insert(key);
        }
        !self.0.repeats && self.0.tail.is_empty() && self.0.keys.is_disjoint(others)
    }

    /// How many events the sink failed to write, over all loggers that share it.
    #[must_use]
    pub fn errors(&self) -> u64 {
        self.0.root.errors.load(Relaxed)
    }

    /// Waits until everything logged before has been handed on.
    ///
    /// # Errors
    ///
    /// Those of the sink.
    pub fn flush(&self) -> io::Result<()> {
        self.0.root.sink.flush()
    }
}

impl Default for Logger {
    /// Discards everything.
    fn default() -> Self {
        Self::discard()
    }
}

impl fmt::Debug for Logger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Pairs<'a>(&'a [Arc<Segment>]);

        impl fmt::Debug for Pairs<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let pairs = self.0.iter().flat_map(|segment| segment.pairs());
                f.debug_map().entries(pairs.map(|(key, value)| (key, value))).finish()
            }
        }

        f.debug_struct("Logger")
            .field("filter", &self.0.filter)
            .field("context", &Pairs(&self.0.head))
            .field("suffixes", &Pairs(&self.0.tail))
            .finish_non_exhaustive()
    }
}
