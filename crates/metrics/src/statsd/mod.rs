//! statsd, and the dialect of Datadog's agent.

mod encoder;
mod line;
mod samples;

use std::{sync::Arc, time::Duration};

use crate::{
    Exporter, MetricError, PushStats, Registry, Transport,
    datadog::Events,
    push::{Schedule, push_tag, schedule_methods},
};
use encoder::Encoder;
use line::Dialect;
use samples::Samples;

/// Sends metrics to statsd or to Datadog's agent, over [`Udp`](crate::Udp) or a Unix datagram
/// socket.
///
/// | metric | statsd | `DogStatsD` |
/// |---|---|---|
/// | counter | `name:increment\|c`, if there is one | the same |
/// | up-down counter, gauge | `name:value\|g`, each time; negative ones after `name:0\|g` | `name:value\|g`, each time |
/// | histogram | `name:value\|ms` for each observation | `name:value\|h`, or `\|d` |
/// | labels | values become parts of the name | tags, `\|#label:value` |
///
/// * A value is written in the unit it was observed in.
/// * A gauge that is infinite or not a number is not sent: the protocol has no such value.
/// * statsd has no labels, so `jobs` with `queue="mail"` is `jobs.mail`. In a value, what is not an
///   ASCII letter, digit or `-` is escaped: `_` and two hexadecimal digits for each byte, `__` for
///   `_`; an empty one is `_e`. No two values become the same.
/// * Datadog's names begin with a letter and have up to 200 characters, the prefix included: other
///   metrics are refused when they are made.
/// * In tags of `DogStatsD`, `%`, `,`, `|`, `#` and control characters are percent-encoded, because
///   the protocol has no escape for them.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`interval`](Self::interval) | 10 s | the flush interval of statsd and of Datadog's agent |
/// | [`packet_size`](Self::packet_size) | 1432 bytes over UDP, 8192 over Unix sockets | fits any Ethernet without fragments; what Datadog's agent reads |
/// | [`sample_rate`](Self::sample_rate) | 1 | exact |
/// | [`buffered_observations`](Self::buffered_observations) | 65536 | 512 KiB |
/// | [`buffered_events`](Self::buffered_events) | 1024 | |
/// | [`send_timeout`](Self::send_timeout) | 1 s | a receiver that hangs costs an interval little |
///
/// # Why the lines are written here
///
/// The crate `cadence` formats these protocols too. It writes tags as they are, so that a `,` or a
/// newline in a value makes two of one; its counters are whole numbers; it has no events and no
/// service checks; and its formatter is reached only through a client that sends each metric by
/// itself.
///
/// ```
/// use oxkit_metrics::{Registry, StatsdBuilder, Udp};
///
/// # async fn shutdown() {}
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oxkit_metrics::MetricError> {
/// let registry = Registry::new();
/// let exporter = StatsdBuilder::dog_statsd()
///     .prefix("shop.")
///     .tags(&[("env", "test")])
///     .attach(&registry, Udp::new("127.0.0.1:8125"))?;
/// let stats = exporter.stats();
///
/// registry.counter("orders", "Orders placed.")?.increment();
///
/// // Sends in intervals, and once more when `shutdown` is done.
/// exporter.run(shutdown()).await;
/// assert_eq!(stats.sent(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `attach`"]
pub struct StatsdBuilder {
    dialect: Dialect,
    prefix: String,
    tags: String,
    schedule: Schedule,
    packet_size: Option<usize>,
    sample_rate: f64,
    buffered: usize,
    buffered_events: usize,
}

impl StatsdBuilder {
    /// For statsd itself, and for what speaks as it does.
    pub const fn statsd() -> Self {
        Self {
            dialect: Dialect::Statsd,
            prefix: String::new(),
            tags: String::new(),
            schedule: Schedule::new(Duration::from_secs(10), Duration::from_secs(1)),
            packet_size: None,
            sample_rate: 1.0,
            buffered: 65_536,
            buffered_events: 1024,
        }
    }

    /// For Datadog's agent, and for what speaks as it does. Histograms are aggregated by the agent.
    pub const fn dog_statsd() -> Self {
        let mut builder = Self::statsd();
        builder.dialect = Dialect::Dog { distributions: false };
        builder
    }

    /// Sends histograms as distributions (`|d`), aggregated by Datadog over all agents. Without
    /// effect on statsd, which has none.
    pub const fn distributions(mut self) -> Self {
        if let Dialect::Dog { distributions } = &mut self.dialect {
            *distributions = true;
        }
        self
    }

    /// Puts `prefix` before every name, as it is, but for `:`, `|`, `@`, `#` and control
    /// characters: these are left out. A prefix for statsd usually ends in `.`.
    pub fn prefix(mut self, prefix: &str) -> Self {
        let kept =
            prefix.chars().filter(|c| !c.is_control() && !matches!(c, ':' | '|' | '@' | '#'));
        self.prefix = kept.collect();
        self
    }

    /// Adds tags to every line, before those of the metric; one without a name is left out. Without
    /// effect on statsd, which has none.
    pub fn tags(mut self, tags: &[(&str, &str)]) -> Self {
        self.tags.clear();
        for (name, value) in tags {
            push_tag(&mut self.tags, name, value);
        }
        self
    }

    schedule_methods!();

    /// The size of a packet in bytes. A line that is longer is dropped and
    /// [counted](PushStats::dropped).
    pub const fn packet_size(mut self, bytes: usize) -> Self {
        self.packet_size = Some(bytes);
        self
    }

    /// Which part of the observations of histograms to send, from 0 to 1. The rest is not sent, and
    /// the lines say so (`|@0.1`), so that the receiver counts right. It is brought into that range,
    /// and NaN is taken for 1.
    ///
    /// Counters are summed up before they are sent and so are exact at any rate.
    pub const fn sample_rate(mut self, rate: f64) -> Self {
        self.sample_rate = if rate.is_nan() { 1.0 } else { rate.clamp(0.0, 1.0) };
        self
    }

    /// How many observations of histograms wait at most, for the next interval or for a receiver
    /// that is down. More are dropped and [counted](PushStats::dropped). Counters and gauges need no
    /// such room: they are kept whole, however long it takes.
    pub const fn buffered_observations(mut self, count: usize) -> Self {
        self.buffered = count;
        self
    }

    /// How many [events and service checks](crate::datadog) wait at most, for the next interval or
    /// for an agent that is down. More are dropped and [counted](PushStats::dropped).
    pub const fn buffered_events(mut self, count: usize) -> Self {
        self.buffered_events = count;
        self
    }

    /// Sends what `registry` has over `transport`, once the exporter [runs](Exporter::run).
    ///
    /// # Errors
    ///
    /// The registry has metrics already: attach first.
    pub fn attach<T: Transport + 'static>(
        self,
        registry: &Registry,
        transport: T,
    ) -> Result<Exporter, MetricError> {
        self.attach_all(registry, transport).map(|(exporter, _)| exporter)
    }

    /// As [`attach`](Self::attach), with a queue for [events and service checks](crate::datadog).
    ///
    /// # Errors
    ///
    /// The registry has metrics already, or it is statsd, which has no events.
    pub fn attach_with_events<T: Transport + 'static>(
        self,
        registry: &Registry,
        transport: T,
    ) -> Result<(Exporter, Events), MetricError> {
        if matches!(self.dialect, Dialect::Statsd) {
            let text = "statsd has no events: they are for Datadog's agent, `dog_statsd`";
            return Err(MetricError::setting(text.to_owned()));
        }
        self.attach_all(registry, transport)
    }

    fn attach_all<T: Transport + 'static>(
        self,
        registry: &Registry,
        transport: T,
    ) -> Result<(Exporter, Events), MetricError> {
        let stats = PushStats::default();
        let samples = Arc::new(Samples::new(&self, stats.clone()));
        registry.attach(samples.clone())?;
        let events = Events::new(self.tags.clone(), self.buffered_events, stats.clone());
        let schedule = self.schedule.clone();
        let packet_size = self.packet_size.unwrap_or_else(|| transport.request_size());
        let encoder = Encoder::new(self, packet_size, samples, events.clone());
        Ok((Exporter::new(schedule, registry.clone(), encoder, transport, stats), events))
    }
}
