//! Sending in intervals.

use std::{collections::HashMap, pin::pin, sync::Arc};

use tokio::time::{Instant, timeout, timeout_at};

use super::{
    StatsdBuilder,
    line::{Dialect, Key},
    samples::{Samples, Taken},
};
use crate::{
    PushStats, Registry, Transport, Value,
    push::{Packets, TooLong},
};

/// Sends the metrics of a registry to statsd or to Datadog's agent. Made by
/// [`StatsdBuilder::attach`].
///
/// # A receiver that is down
///
/// Counters are sent as what came since the last time that worked, so their increments are sent
/// whole once the receiver is back, and nothing is stored for it. Gauges are sent as they are by
/// then. Observations of histograms wait, as many as there is
/// [room](StatsdBuilder::buffered_observations) for. The service is never held up.
///
/// An error is all that the exporter can see. A datagram that a network loses is lost, and UDP tells
/// of a receiver that is not there one packet late.
#[derive(Debug)]
#[must_use = "an exporter sends nothing until it runs"]
pub struct StatsdExporter<T> {
    settings: StatsdBuilder,
    registry: Registry,
    samples: Arc<Samples>,
    stats: PushStats,
    transport: T,
    /// Up to where each counter has been sent. Bounded as the series of the registry are.
    sent: HashMap<Key, f64>,
}

/// What to do with a line of a packet once it is known whether it was sent.
enum About {
    Counter(Key, f64),
    Gauge,
    Observation(Taken),
}

impl About {
    /// It is not for another time: sent, or never to be.
    fn done(self, sent: Option<&mut HashMap<Key, f64>>) {
        match (self, sent) {
            (Self::Counter(key, total), Some(sent)) => {
                sent.insert(key, total);
            }
            (Self::Observation(taken), _) => taken.done(),
            _ => {}
        }
    }
}

impl<T: Transport> StatsdExporter<T> {
    pub(super) fn new(
        settings: StatsdBuilder,
        registry: Registry,
        samples: Arc<Samples>,
        stats: PushStats,
        transport: T,
    ) -> Self {
        Self { settings, registry, samples, stats, transport, sent: HashMap::new() }
    }

    /// How sending goes.
    #[must_use]
    pub fn stats(&self) -> PushStats {
        self.stats.clone()
    }

    /// Sends in intervals until `shutdown` is done, then once more, and ends. Spawn it, and await
    /// its end before the program's.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it sends nothing more; what came since the last interval is not sent.
    pub async fn run(mut self, shutdown: impl Future<Output = ()> + Send) {
        let mut shutdown = pin!(shutdown);
        loop {
            let next = Instant::now() + self.settings.interval;
            let ends = timeout_at(next, &mut shutdown).await.is_ok();
            self.flush().await;
            if ends {
                return;
            }
        }
    }

    /// Sends what there is now. [`run`](Self::run) does this; it is for programs that end by
    /// themselves, such as jobs.
    ///
    /// The first packet that cannot be sent ends it, since the next would fare no better. What was
    /// not sent is kept for the next time.
    ///
    /// # Cancel safety
    ///
    /// Dropped, it keeps what it has not sent for the next time. The packet on its way may have been
    /// sent, and is then sent twice.
    pub async fn flush(&mut self) {
        for (packet, abouts) in self.packets().into_packets() {
            let sent = timeout(self.settings.send_timeout, self.transport.send(&packet)).await;
            if !matches!(sent, Ok(Ok(()))) {
                self.stats.count_failure();
                // Counters and gauges wait in the registry, and observations go back by themselves.
                return;
            }
            self.stats.count_packet();
            for about in abouts {
                about.done(Some(&mut self.sent));
            }
        }
    }

    fn packets(&self) -> Packets<About> {
        let settings = &self.settings;
        let mut packets = Packets::new(settings.packet_size);
        let mut push = |line: &str, about: About| {
            if let Err(TooLong(about)) = packets.push(line, about) {
                about.done(None);
                self.stats.count_dropped(1);
            }
        };
        for metric in self.registry.snapshot().metrics() {
            for series in &metric.series {
                let (name, labels) = (metric.desc.name(), &series.labels);
                let key =
                    || Key::new(settings.dialect, &settings.prefix, &settings.tags, name, labels);
                match series.value {
                    Value::Counter(total) => {
                        let key = key();
                        let increment = total - self.sent.get(&key).copied().unwrap_or_default();
                        if increment != 0.0 {
                            push(&key.line(increment, "c", 1.0), About::Counter(key, total));
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
        packets
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
