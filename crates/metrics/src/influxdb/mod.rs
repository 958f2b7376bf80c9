//! InfluxDB: line protocol, over HTTP and UDP.

mod encoder;
mod line;
mod write;

use std::{sync::Arc, time::Duration};

use crate::{
    Backend, Desc, Exporter, MetricError, PushStats, Registry, Transport,
    push::{Schedule, owned, schedule_methods},
};
use encoder::Encoder;
pub use write::InfluxHttp;

/// Sends metrics to InfluxDB 1.x, 2.x or 3.x, or to what takes its line protocol (Telegraf,
/// `VictoriaMetrics`, `QuestDB`), over HTTP by [`InfluxHttp`] or over [`Udp`](crate::Udp).
///
/// | metric | point |
/// |---|---|
/// | counter | `name count=3`: what came since the last one, if something did |
/// | up-down counter, gauge | `name value=0.5`, each time |
/// | histogram | `name count=2,sum=0.7,p50=0.3,p90=0.4,p95=0.4,p99=0.4`: of what came since the last one, if something did; the quantiles are [estimated](crate::Distribution::quantile) |
/// | labels | tags |
///
/// These are the fields that Go kit writes, with `count` and `sum` added to histograms: counts add
/// up over processes and times, which quantiles do not.
///
/// * All fields are floats. A gauge that is infinite or not a number is not sent: the protocol has no
///   such value.
/// * In tag values, `,`, `=` and spaces are escaped with `\`, as the protocol has it. It has no sound
///   escape for `\` itself and for newlines, so these, other control characters and `%` are
///   percent-encoded. An empty value is no tag.
/// * A label named `time`, and names that begin with `_`, belong to InfluxDB: such a metric is
///   refused when it is made.
/// * A point carries the time of its flush, in nanoseconds. A request that may have arrived is sent
///   again as it was, and InfluxDB takes the same point once.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`interval`](Self::interval) | 10 s | what Telegraf does |
/// | [`request_size`](Self::request_size) | 512 KiB over HTTP, 1432 bytes over UDP | some thousands of points, as InfluxDB advises; fits any Ethernet without fragments |
/// | [`send_timeout`](Self::send_timeout) | 5 s | |
/// | [`last_flush_timeout`](Self::last_flush_timeout) | 5 s | |
///
/// ```
/// use oxkit_metrics::{HttpTarget, InfluxBuilder, InfluxHttp, Registry};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oxkit_metrics::MetricError> {
/// let registry = Registry::new();
/// let influxdb = HttpTarget::new("http://localhost:8086")?;
/// let exporter = InfluxBuilder::new()
///     .tags(&[("env", "test")])
///     .attach(&registry, InfluxHttp::v2(&influxdb, "shop", "metrics", "the token")?)?
///     .spawn();
///
/// registry.counter_family("orders", "Orders placed.", ["country"])?.with(["pt"]).increment();
///
/// // At the end of the program: what is left is sent, if somebody is there.
/// exporter.shutdown().await;
/// # Ok(())
/// # }
/// ```
///
/// # Why the lines are written here
///
/// The crate `influxdb-line-protocol` 2.0 writes a newline in a tag value as it is, which ends the
/// line, and doubles `\`, which InfluxDB 1.x does not undo.
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `attach`"]
pub struct InfluxBuilder {
    schedule: Schedule,
    prefix: String,
    tags: Vec<(String, String)>,
    request_size: Option<usize>,
}

impl InfluxBuilder {
    /// With the defaults.
    pub const fn new() -> Self {
        Self {
            schedule: Schedule::new(Duration::from_secs(10), Duration::from_secs(5)),
            prefix: String::new(),
            tags: Vec::new(),
            request_size: None,
        }
    }

    /// Puts `prefix` before the name of every measurement. In it, what is not an ASCII letter, digit,
    /// `_`, `-`, `.` or `:` is left out.
    pub fn prefix(mut self, prefix: &str) -> Self {
        let fit = |c: &char| c.is_ascii_alphanumeric() || "_-.:".contains(*c);
        self.prefix = prefix.chars().filter(fit).collect();
        self
    }

    /// Adds tags to every point. A label of the same name takes precedence.
    pub fn tags(mut self, tags: &[(&str, &str)]) -> Self {
        self.tags = owned(tags);
        self
    }

    /// The size of a request in bytes. A point that is longer is dropped and
    /// [counted](PushStats::dropped).
    pub const fn request_size(mut self, bytes: usize) -> Self {
        self.request_size = Some(bytes);
        self
    }

    schedule_methods!();

    /// Sends what `registry` has over `transport`, once the exporter [runs](Exporter::run).
    ///
    /// # Errors
    ///
    /// The registry has metrics already: attach first. Or one of the [tags](Self::tags) has a name
    /// that InfluxDB keeps for itself, for which it would reject every point.
    pub fn attach<T: Transport + 'static>(
        self,
        registry: &Registry,
        transport: T,
    ) -> Result<Exporter, MetricError> {
        if let Some((name, _)) = self.tags.iter().find(|(name, _)| is_taken(name)) {
            return Err(MetricError::setting(format!("no tag of all points: {}", why(name))));
        }
        registry.attach(Arc::new(Names))?;
        let size = self.request_size.unwrap_or_else(|| transport.request_size());
        let encoder = Encoder::new(self.prefix, self.tags, size);
        let stats = PushStats::default();
        Ok(Exporter::new(self.schedule, registry.clone(), encoder, transport, stats))
    }
}

impl Default for InfluxBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Refuses the names that InfluxDB has taken.
#[derive(Debug)]
struct Names;

impl Backend for Names {
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        let mut labels = desc.label_names();
        match labels.find(|name| is_taken(name)) {
            Some(label) => Err(MetricError::refused(desc, why(label))),
            None if desc.name().starts_with('_') => {
                Err(MetricError::refused(desc, why(desc.name())))
            }
            None => Ok(()),
        }
    }
}

/// Whether no tag can be called that.
fn is_taken(name: &str) -> bool {
    name == "time" || name.starts_with('_')
}

fn why(name: &str) -> String {
    let instead = name.trim_start_matches('_');
    format!("InfluxDB keeps `{name}` for itself; `the_{instead}` would do")
}
