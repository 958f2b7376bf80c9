//! Lines of oxkit-log, directly and through its layer for `tracing`.

use std::hint::black_box;

use oxkit_log::{
    Allow, Filter, FromTracing, Lines, Logger, SyncWriter, debug, info, timestamp_utc,
};
use tracing::{Dispatch, dispatcher};
use tracing_subscriber::layer::SubscriberExt;

use super::{
    JSON, LAYER, LAYER_SPAN, LOGFMT, OFF,
    event::{Served, events, null},
    peers,
};
use crate::harness::Case;

fn json() -> Logger {
    Logger::new(Lines::json(SyncWriter::new(null()))).with("ts", timestamp_utc())
}

fn line(logger: &Logger, served: &Served) {
    info!(
        logger,
        "served",
        method = served.method,
        input = served.input,
        output = served.output,
        bytes = served.bytes,
        took_us = served.took_us
    );
}

/// The line, for the reader to see.
pub(super) fn sample() -> String {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::json(output.clone())).with("ts", timestamp_utc());
    events(1, |served| line(&logger, served));
    String::from_utf8_lossy(output.lock().trim_ascii_end()).into_owned()
}

pub(super) fn cases() -> Vec<Case> {
    let logger = json();
    let logfmt = Logger::new(Lines::logfmt(SyncWriter::new(null()))).with("ts", timestamp_utc());
    let off = json().with_filter(Filter::new(Allow::Info));
    // The time comes from the logger, the target from the event: the same as tracing's own line.
    let layer = tracing_subscriber::registry().with(FromTracing::new(json()));
    let layer = Dispatch::new(layer);
    let in_span = layer.clone();
    vec![
        Case::new(JSON, move |calls| events(calls, |served| line(&logger, served))),
        Case::new(LOGFMT, move |calls| events(calls, |served| line(&logfmt, served))),
        Case::new(LAYER, move |calls| {
            dispatcher::with_default(&layer, || events(calls, peers::event));
        }),
        Case::new(LAYER_SPAN, move |calls| {
            dispatcher::with_default(&in_span, || events(calls, peers::event_in_span));
        }),
        Case::new(OFF, move |calls| {
            events(calls, |served| {
                debug!(
                    black_box(&off),
                    "served",
                    method = served.method,
                    input = served.input,
                    output = served.output,
                    bytes = served.bytes,
                    took_us = served.took_us
                );
            });
        }),
    ]
}
