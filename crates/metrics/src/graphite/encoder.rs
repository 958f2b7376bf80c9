//! What is sent of a snapshot.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Style, line::Path};
use crate::{
    Distribution, PushStats, Snapshot, Value,
    push::{Deltas, Encode, Ends, Packets, Request, Sent, SeriesId, TooLong},
};

const QUANTILES: [(&str, f64); 4] = [(".p50", 0.5), (".p90", 0.9), (".p95", 0.95), (".p99", 0.99)];

#[derive(Debug)]
pub(super) struct Encoder {
    style: Style,
    request_size: usize,
    deltas: Deltas,
    /// The time of the last lines, in seconds.
    last: u64,
}

impl Encoder {
    pub(super) fn new(style: Style, request_size: usize) -> Self {
        Self { style, request_size, deltas: Deltas::default(), last: 0 }
    }

    fn tick(&mut self, now: SystemTime) -> u64 {
        let now = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // Of two totals in a second the later one counts, and is right. Of two increments too, and
        // the other is lost: so each has a second of its own.
        let earliest = if self.style.increments { self.last.saturating_add(1) } else { 0 };
        self.last = now.max(earliest);
        self.last
    }
}

/// The lines of a series. They stay together in one request, so that it is settled as a whole.
#[derive(Default)]
struct Lines {
    text: String,
    count: u64,
}

impl Lines {
    fn push(&mut self, line: Option<String>) {
        let Some(line) = line else { return };
        if self.count > 0 {
            self.text.push('\n');
        }
        self.text.push_str(&line);
        self.count += 1;
    }

    fn histogram(&mut self, path: &Path, now: u64, shown: &Distribution, since: &Distribution) {
        self.push(path.line(".count", shown.count() as f64, now));
        self.push(path.line(".sum", shown.sum(), now));
        for (suffix, q) in QUANTILES {
            self.push(since.quantile(q).and_then(|value| path.line(suffix, value, now)));
        }
    }
}

impl Encode for Encoder {
    const NAME: &'static str = "graphite";

    type Receipt = Vec<Sent>;

    const RESENDS: bool = true;

    fn encode(
        &mut self,
        snapshot: &Snapshot,
        now: SystemTime,
        stats: &PushStats,
    ) -> Vec<Request<Self::Receipt>> {
        let now = self.tick(now);
        let increments = self.style.increments;
        let mut packets = Packets::new(self.request_size, Ends::Each);
        for metric in snapshot.metrics() {
            for series in &metric.series {
                let path = Path::new(&self.style, metric.desc.name(), &series.labels);
                let id = SeriesId::new(metric, series);
                let mut lines = Lines::default();
                let mut sent = Sent::Whole;
                match &series.value {
                    Value::Counter(total) if increments => {
                        lines.push(path.line("", self.deltas.counter(&id, *total), now));
                        sent = Sent::Counter(id, *total);
                    }
                    Value::Counter(value) | Value::Gauge(value) => {
                        lines.push(path.line("", *value, now));
                    }
                    Value::Histogram(total) => {
                        let since = self.deltas.histogram(&id, total);
                        let shown = if increments { &since } else { total };
                        lines.histogram(&path, now, shown, &since);
                        sent = Sent::Histogram(id, total.clone());
                    }
                }
                if lines.count > 0
                    && let Err(TooLong(_)) = packets.push(&lines.text, lines.count, sent)
                {
                    stats.count_dropped(lines.count);
                }
            }
        }
        packets.into_requests()
    }

    fn settle(&mut self, receipt: Self::Receipt) {
        self.deltas.settle(receipt);
    }
}
