//! What is sent of a snapshot.

use std::time::{SystemTime, UNIX_EPOCH};

use super::line::Line;
use crate::{
    Distribution, PushStats, Snapshot, Value,
    push::{Deltas, Encode, Ends, Packets, Request, Sent, SeriesId, TooLong},
};

const QUANTILES: [(&str, f64); 4] = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];

#[derive(Debug)]
pub(super) struct Encoder {
    prefix: String,
    tags: Vec<(String, String)>,
    request_size: usize,
    deltas: Deltas,
    /// The time of the last points, in nanoseconds.
    last: u64,
}

impl Encoder {
    pub(super) fn new(prefix: String, tags: Vec<(String, String)>, request_size: usize) -> Self {
        Self { prefix, tags, request_size, deltas: Deltas::default(), last: 0 }
    }

    /// A later time than before, whatever the clock does: two points of a series at one time would
    /// be one, and what came with the first would be lost.
    fn tick(&mut self, now: SystemTime) -> u64 {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        self.last = u64::try_from(now).unwrap_or(u64::MAX).max(self.last.saturating_add(1));
        self.last
    }
}

impl Encode for Encoder {
    const NAME: &'static str = "influxdb";

    type Receipt = Vec<Sent>;

    const RESENDS: bool = true;

    fn encode(
        &mut self,
        snapshot: &Snapshot,
        now: SystemTime,
        stats: &PushStats,
    ) -> Vec<Request<Self::Receipt>> {
        let now = self.tick(now);
        let mut packets = Packets::new(self.request_size, Ends::Each);
        for metric in snapshot.metrics() {
            for series in &metric.series {
                let mut line =
                    Line::new(&self.prefix, metric.desc.name(), &self.tags, &series.labels);
                let id = SeriesId::new(metric, series);
                let sent = match &series.value {
                    Value::Counter(total) => {
                        let increment = self.deltas.counter(&id, *total);
                        if increment == 0.0 {
                            continue;
                        }
                        line.field("count", increment);
                        Sent::Counter(id, *total)
                    }
                    Value::Gauge(value) => {
                        line.field("value", *value);
                        Sent::Whole
                    }
                    Value::Histogram(total) => {
                        let since = self.deltas.histogram(&id, total);
                        if since.count() == 0 {
                            continue;
                        }
                        histogram(&mut line, &since);
                        Sent::Histogram(id, total.clone())
                    }
                };
                let Some(line) = line.end(now) else { continue };
                if let Err(TooLong(_)) = packets.push(&line, 1, sent) {
                    stats.count_dropped(1);
                }
            }
        }
        packets.into_requests()
    }

    fn settle(&mut self, receipt: Self::Receipt) {
        self.deltas.settle(receipt);
    }
}

fn histogram(line: &mut Line, since: &Distribution) {
    line.field("count", since.count() as f64);
    line.field("sum", since.sum());
    for (name, q) in QUANTILES {
        // There is one of each, since there is a value.
        line.field(name, since.quantile(q).unwrap_or(f64::NAN));
    }
}
