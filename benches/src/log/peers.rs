//! The same lines of slog and tracing-subscriber, set up as their documentation shows.

use std::{
    io::{BufWriter, Write},
    sync::Mutex,
};

use slog::{Drain, Level, LevelFilter, Logger, o};
use tracing::{Dispatch, dispatcher};

use super::{
    COMPACT, SLOG, SLOG_LINE, SLOG_OFF, TRACING, TRACING_OFF, TRACING_SPAN,
    event::{Served, events, null},
};
use crate::harness::Case;

/// The event that every `tracing` subscriber is given, ours too.
pub(super) fn event(served: &Served) {
    tracing::info!(
        method = served.method,
        input = served.input,
        output = served.output,
        bytes = served.bytes,
        took_us = served.took_us,
        "served"
    );
}

/// The same in a span of its own, with as many fields: made, entered, left and closed.
pub(super) fn event_in_span(served: &Served) {
    let span = tracing::info_span!(
        "request",
        route = served.method,
        peer = served.input,
        agent = served.output,
        id = served.bytes,
        share = served.took_us
    );
    span.in_scope(|| event(served));
}

fn slog_json<W: Write + Send + 'static>(writer: W, flush: bool) -> Logger {
    let json = slog_json::Json::new(writer).add_default_keys().set_flush(flush).build();
    Logger::root(Mutex::new(json).fuse(), o!())
}

fn slog_line(logger: &Logger, served: &Served) {
    slog::info!(logger, "served";
        "method" => served.method,
        "input" => served.input,
        "output" => served.output,
        "bytes" => served.bytes,
        "took_us" => served.took_us
    );
}

pub(super) fn cases() -> Vec<Case> {
    let json =
        Dispatch::new(tracing_subscriber::fmt().json().with_writer(Mutex::new(null())).finish());
    let (in_span, off) = (json.clone(), json.clone());
    let compact =
        Dispatch::new(tracing_subscriber::fmt().compact().with_writer(Mutex::new(null())).finish());
    // slog's writes a line in pieces, which is cheap here and dear on a file: the second logger
    // gathers them first, as ours and tracing's do.
    let (slog, slog_whole) = (slog_json(null(), false), slog_json(BufWriter::new(null()), true));
    let warnings = LevelFilter::new(Mutex::new(slog_json::Json::default(null())), Level::Warning);
    let slog_off = Logger::root(warnings.fuse(), o!());
    vec![
        Case::new(SLOG, move |calls| events(calls, |served| slog_line(&slog, served))),
        Case::new(SLOG_LINE, move |calls| events(calls, |served| slog_line(&slog_whole, served))),
        Case::new(SLOG_OFF, move |calls| events(calls, |served| slog_line(&slog_off, served))),
        Case::new(TRACING, move |calls| {
            dispatcher::with_default(&json, || events(calls, event));
        }),
        Case::new(TRACING_SPAN, move |calls| {
            dispatcher::with_default(&in_span, || events(calls, event_in_span));
        }),
        Case::new(TRACING_OFF, move |calls| {
            dispatcher::with_default(&off, || {
                events(calls, |served| {
                    tracing::debug!(
                        method = served.method,
                        input = served.input,
                        output = served.output,
                        bytes = served.bytes,
                        took_us = served.took_us,
                        "served"
                    );
                });
            });
        }),
        Case::new(COMPACT, move |calls| {
            dispatcher::with_default(&compact, || events(calls, event));
        }),
    ]
}
