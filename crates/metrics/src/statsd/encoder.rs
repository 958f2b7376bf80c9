//! What is sent of a snapshot, and of the observations that wait.

use std::{sync::Arc, time::SystemTime};

use super::{
    StatsdBuilder,
    line::{Dialect, Key},
    samples::{Samples, Taken},
};
use crate::{
    PushStats, Snapshot, Value,
    datadog::{self, Events},
    push::{Deltas, Encode, Ends, Packets, Request, Sent, SeriesId, TooLong},
};

#[derive(Debug)]
pub(super) struct Encoder {
    settings: StatsdBuilder,
    packet_size: usize,
    samples: Arc<Samples>,
    events: Events,
    deltas: Deltas,
}

/// What to do with a line of a packet once it is known what became of it.
#[derive(Debug)]
pub(super) enum About {
    Counter(Sent),
    Gauge,
    Observation(Taken),
    Event(datadog::Taken),
}

impl Encoder {
    pub(super) fn new(
        settings: StatsdBuilder,
        packet_size: usize,
        samples: Arc<Samples>,
        events: Events,
    ) -> Self {
        Self { settings, packet_size, samples, events, deltas: Deltas::default() }
    }
}

impl Encode for Encoder {
    const NAME: &'static str = "statsd";

    type Receipt = Vec<About>;

    // A line has no time, so the same line twice is counted twice: nothing is gained by sending the
    // same again.
    const RESENDS: bool = false;

    fn encode(
        &mut self,
        snapshot: &Snapshot,
        _: SystemTime,
        stats: &PushStats,
    ) -> Vec<Request<Self::Receipt>> {
        let settings = &self.settings;
        let mut packets = Packets::new(self.packet_size, Ends::Between);
        let mut push = |line: &str, about: About| {
            if let Err(TooLong(about)) = packets.push(line, 1, about) {
                match about {
                    About::Observation(taken) => taken.done(),
                    About::Event(taken) => taken.done(),
                    // They stay where they are.
                    About::Counter(_) | About::Gauge => {}
                }
                stats.count_dropped(1);
            }
        };
        for metric in snapshot.metrics() {
            for series in &metric.series {
                let (name, labels) = (metric.desc.name(), &series.labels);
                let key =
                    || Key::new(settings.dialect, &settings.prefix, &settings.tags, name, labels);
                match series.value {
                    Value::Counter(total) => {
                        // By its labels and not by its line: statsd's has no names of labels, so
                        // two metrics of one name may share it, and it adds both up.
                        let id = SeriesId::new(metric, series);
                        let increment = self.deltas.counter(&id, total);
                        if increment != 0.0 {
                            let about = About::Counter(Sent::Counter(id, total));
                            push(&key().line(increment, "c", 1.0), about);
                        }
                    }
                    Value::Gauge(value) if value.is_finite() => {
                        push(&gauge(settings.dialect, &key(), value), About::Gauge);
                    }
                    // Observations are sent one by one.
                    Value::Gauge(_) | Value::Histogram(_) => {}
                }
            }
        }
        for series in self.samples.series() {
            for taken in series.take() {
                let kind = settings.dialect.observation();
                let line = series.key.line(taken.value, kind, settings.sample_rate);
                push(&line, About::Observation(taken));
            }
        }
        for taken in self.events.take() {
            let line = taken.line.clone();
            push(&line, About::Event(taken));
        }
        packets.into_requests()
    }

    fn settle(&mut self, receipt: Self::Receipt) {
        for about in receipt {
            match about {
                About::Counter(sent) => self.deltas.settle([sent]),
                About::Observation(taken) => taken.done(),
                About::Event(taken) => taken.done(),
                About::Gauge => {}
            }
        }
    }
}

fn gauge(dialect: Dialect, key: &Key, value: f64) -> String {
    let line = key.line(value, "g", 1.0);
    match dialect {
        // A sign means a change to statsd. One line after the other in one packet, so that nothing
        // comes between.
        Dialect::Statsd if value < 0.0 => format!("{}\n{line}", key.line(0.0, "g", 1.0)),
        _ => line,
    }
}
