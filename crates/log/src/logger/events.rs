//! An event on its way from the logger to the sink.

use std::{
    io,
    panic::Location,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use super::Logger;
use crate::{
    Field, Level, Record,
    keys::KeySet,
    record::{About, Call},
    segment::Segment,
    value::Caller,
};

impl Logger {
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

    /// Counts an event that the sink failed to write.
    pub(crate) fn count(&self, result: &io::Result<()>) {
        if result.is_err() {
            self.0.root.errors.fetch_add(1, Relaxed);
        }
    }

    /// Sends an event of which it was asked whether it is enabled.
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

    #[inline]
    fn record<'a>(
        &'a self,
        level: Option<Level>,
        caller: Option<Caller<'a>>,
        lead: &'a [Field<'a>],
        scope: &'a [Arc<Segment>],
        call: Call<'a>,
    ) -> Record<'a> {
        let kept = &*self.0;
        Record {
            level: level.or(kept.default_level),
            about: About { caller, took: None },
            head: &kept.head,
            lead,
            scope,
            call,
            tail: &kept.tail,
            kept: kept.keys,
            repeats: kept.repeats,
            distinct: false,
        }
    }
}

#[inline]
#[track_caller]
fn here() -> Caller<'static> {
    let location = Location::caller();
    Caller::new(location.file(), location.line())
}
