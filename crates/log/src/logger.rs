//! The handle everything logs through.

use std::{
    borrow::Cow,
    fmt, io,
    panic::Location,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{
    Discard, Field, Filter, Level, Record, Sink, StoredValue,
    keys::KeySet,
    record::{About, Call},
    segment::Segment,
    value::Caller,
};

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
pub struct Logger(Arc<Core>);

struct Core {
    filter: Filter,
    default_level: Option<Level>,
    root: Arc<Root>,
    /// Prefixes and context.
    head: Vec<Arc<Segment>>,
    /// Suffixes.
    tail: Vec<Arc<Segment>>,
    /// The keys of both, and whether one comes twice.
    kept: KeySet,
    repeats: bool,
}

struct Root {
    errors: AtomicU64,
    sink: Box<dyn Sink>,
}

impl Logger {
    /// A logger that sends every event to `sink`.
    #[must_use]
    pub fn new(sink: impl Sink + 'static) -> Self {
        Self(Arc::new(Core {
            filter: Filter::default(),
            default_level: None,
            root: Arc::new(Root { errors: AtomicU64::new(0), sink: Box::new(sink) }),
            head: Vec::new(),
            tail: Vec::new(),
            kept: KeySet::default(),
            repeats: false,
        }))
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
        self.core().filter = filter;
        self
    }

    /// Gives events that have no level this one.
    #[must_use]
    pub fn with_default_level(mut self, level: Level) -> Self {
        self.core().default_level = Some(level);
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
        let core = self.core();
        add(&mut core.head, key.into(), value.into());
        core.recount();
        self
    }

    /// Adds a pair before all others but the level.
    #[must_use]
    pub fn with_prefix(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<StoredValue>,
    ) -> Self {
        let segment = Segment::of(vec![(key.into(), value.into())]);
        let core = self.core();
        core.head.insert(0, Arc::new(segment));
        core.recount();
        self
    }

    /// Adds a pair after all others.
    #[must_use]
    pub fn with_suffix(
        mut self,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<StoredValue>,
    ) -> Self {
        let core = self.core();
        add(&mut core.tail, key.into(), value.into());
        core.recount();
        self
    }

    fn core(&mut self) -> &mut Core {
        Arc::make_mut(&mut self.0)
    }

    /// Whether an event of this level, or without one, would be written.
    ///
    /// The macros ask this before they evaluate anything.
    #[inline]
    #[must_use]
    pub fn enabled(&self, level: impl Into<Option<Level>>) -> bool {
        let core = &*self.0;
        let level = level.into().or(core.default_level);
        core.filter.allows(level) && core.root.sink.enabled(level)
    }

    /// Logs an event of this level, or without one. An error is counted, see
    /// [`errors`](Self::errors).
    #[track_caller]
    pub fn event(&self, level: impl Into<Option<Level>>, pairs: &[Field<'_>]) {
        let level = level.into();
        if self.enabled(level) {
            self.submit(level, pairs);
        }
    }

    /// Logs an event without level.
    #[track_caller]
    pub fn log(&self, pairs: &[Field<'_>]) {
        self.event(None, pairs);
    }

    /// Logs an event of level debug.
    #[track_caller]
    pub fn debug(&self, pairs: &[Field<'_>]) {
        self.event(Level::Debug, pairs);
    }

    /// Logs an event of level info.
    #[track_caller]
    pub fn info(&self, pairs: &[Field<'_>]) {
        self.event(Level::Info, pairs);
    }

    /// Logs an event of level warn.
    #[track_caller]
    pub fn warn(&self, pairs: &[Field<'_>]) {
        self.event(Level::Warn, pairs);
    }

    /// Logs an event of level error.
    #[track_caller]
    pub fn error(&self, pairs: &[Field<'_>]) {
        self.event(Level::Error, pairs);
    }

    /// Logs an event of this level, or without one, for a caller that wants to know.
    ///
    /// # Errors
    ///
    /// Those of the sink. An event that does not pass the filter is none.
    #[track_caller]
    pub fn try_log(&self, level: impl Into<Option<Level>>, pairs: &[Field<'_>]) -> io::Result<()> {
        let level = level.into();
        if !self.enabled(level) {
            return Ok(());
        }
        self.send(level, Some(here()), &[], &[], Call::Pairs(pairs))
    }

    /// What a macro calls once it has evaluated its values.
    #[doc(hidden)]
    #[track_caller]
    pub fn submit(&self, level: impl Into<Option<Level>>, pairs: &[Field<'_>]) {
        self.count(&self.send(level.into(), Some(here()), &[], &[], Call::Pairs(pairs)));
    }

    /// Sends an event from a bridge, which has asked whether it is enabled.
    pub(crate) fn count(&self, result: &io::Result<()>) {
        if result.is_err() {
            self.0.root.errors.fetch_add(1, Relaxed);
        }
    }

    #[inline]
    pub(crate) fn send(
        &self,
        level: Option<Level>,
        caller: Option<Caller<'_>>,
        lead: &[Field<'_>],
        scope: &[Arc<Segment>],
        call: Call<'_>,
    ) -> io::Result<()> {
        self.0.root.sink.log(&self.record(level, caller, lead, scope, call))
    }

    /// The same for pairs that are kept together with those of the logger, with keys that differ from
    /// each other, as [`is_clear_of`](Self::is_clear_of) said.
    #[inline]
    pub(crate) fn send_whole(
        &self,
        level: Level,
        pairs: &[Arc<Segment>],
        took: Duration,
    ) -> io::Result<()> {
        self.0.root.sink.log(&Record {
            level: Some(level),
            about: About { caller: None, took: Some(took) },
            head: pairs,
            lead: &[],
            scope: &[],
            call: Call::Pairs(&[]),
            tail: &[],
            kept: KeySet::default(),
            repeats: false,
            distinct: true,
        })
    }

    /// The pairs before an event's own.
    pub(crate) fn context(&self) -> impl Iterator<Item = &(Cow<'static, str>, StoredValue)> {
        self.0.head.iter().flat_map(|segment| segment.pairs())
    }

    #[inline]
    fn record<'a>(
        &'a self,
        level: Option<Level>,
        caller: Option<Caller<'a>>,
        lead: &'a [Field<'a>],
        scope: &'a [Arc<Segment>],
        call: Call<'a>,
    ) -> Record<'a> {
        let core = &*self.0;
        Record {
            level: level.or(core.default_level),
            about: About { caller, took: None },
            head: &core.head,
            lead,
            scope,
            call,
            tail: &core.tail,
            kept: core.kept,
            repeats: core.repeats,
            distinct: false,
        }
    }

    /// Whether the keys in the logger's context differ from each other and from all of these, and
    /// none comes after an event's. `false` may be said though it is so.
    pub(crate) fn is_clear_of(&self, keys: &[&str]) -> bool {
        let mut others = KeySet::default();
        for key in keys {
            others.insert(key);
        }
        !self.0.repeats && self.0.tail.is_empty() && self.0.kept.is_disjoint(others)
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

#[inline]
#[track_caller]
fn here() -> Caller<'static> {
    let location = Location::caller();
    Caller::new(location.file(), location.line())
}

/// Puts a pair at the end: into the last segment while nobody else has it, so that a chain of
/// `with` makes one segment, otherwise into a new one.
fn add(segments: &mut Vec<Arc<Segment>>, key: Cow<'static, str>, value: StoredValue) {
    match segments.last_mut().and_then(Arc::get_mut) {
        Some(segment) => segment.push(key, value),
        None => segments.push(Arc::new(Segment::of(vec![(key, value)]))),
    }
}

impl Core {
    /// Finds out once, here, what else every event would have to.
    fn recount(&mut self) {
        let mut kept = KeySet::default();
        let mut repeats = false;
        for segment in self.head.iter().chain(&self.tail) {
            repeats |= segment.repeats() || !kept.is_disjoint(segment.keys());
            kept = kept.union(segment.keys());
        }
        if repeats {
            // Perhaps is not good enough for something that slows down every event.
            let segments = self.head.iter().chain(&self.tail);
            let keys = segments.flat_map(|segment| segment.pairs());
            let mut seen = std::collections::HashSet::new();
            repeats = !keys.into_iter().all(|(key, _)| seen.insert(key));
        }
        self.kept = kept;
        self.repeats = repeats;
    }
}

impl Clone for Core {
    fn clone(&self) -> Self {
        // With room for one more, because a core is cloned to be added to.
        let mut head = Vec::with_capacity(self.head.len() + 1);
        head.extend_from_slice(&self.head);
        Self {
            filter: self.filter.clone(),
            default_level: self.default_level,
            root: self.root.clone(),
            head,
            tail: self.tail.clone(),
            kept: self.kept,
            repeats: self.repeats,
        }
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
