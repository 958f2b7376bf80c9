//! Graphite: plaintext.

mod encoder;
mod line;

use std::{sync::Arc, time::Duration};

use crate::{
    Backend, Desc, Exporter, MetricError, PushStats, Registry, Transport,
    push::{Schedule, owned, schedule_methods},
};
use encoder::Encoder;

/// Sends metrics to Graphite (Carbon), or to what takes its plaintext protocol, over
/// [`Tcp`](crate::Tcp) or [`Udp`](crate::Udp).
///
/// | metric | lines |
/// |---|---|
/// | counter | `name total time`, each time |
/// | up-down counter, gauge | `name value time`, each time |
/// | histogram | `name.count` and `name.sum`, totals, each time; `name.p50`, `.p90`, `.p95` and `.p99` of what came since the last one, if something did, [estimated](crate::Distribution::quantile) |
/// | labels | values become parts of the name, or [tags](Self::tagged) |
///
/// * Totals count from the start of the program: `perSecond` and `nonNegativeDerivative` make rates of
///   them. They are what survives: a point that is lost or averaged away takes no increment with it.
///   Go kit sends [increments](Self::increments).
/// * What is infinite or not a number is not sent.
/// * `jobs` with `queue="mail"` is `jobs.mail`. In a value, what is not an ASCII letter, digit or `-`
///   is escaped: `_` and two hexadecimal digits for each byte, `__` for `_`; an empty one is `_e`. No
///   two values become the same. Carbon makes a file or folder of each part: one that is longer than
///   some 250 bytes then is not stored, and Carbon says so in its log alone.
/// * Names of labels are not in such a name. Two metrics of one name, which only the `metrics` facade
///   makes, need [tags](Self::tagged) to be told apart.
/// * The time is in seconds. A request that may have arrived is sent again as it was: Graphite keeps
///   one value for a series and second.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`interval`](Self::interval) | 60 s | the finest step of Carbon's own default schema |
/// | [`request_size`](Self::request_size) | 512 KiB over TCP, 1432 bytes over UDP | |
/// | [`send_timeout`](Self::send_timeout) | 5 s | |
/// | [`last_flush_timeout`](Self::last_flush_timeout) | 5 s | |
///
/// ```
/// use oxkit_metrics::{GraphiteBuilder, Registry, Tcp};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oxkit_metrics::MetricError> {
/// let registry = Registry::new();
/// let exporter = GraphiteBuilder::new()
///     .prefix("shop.web1.")
///     .attach(&registry, Tcp::new("localhost:2003"))?
///     .spawn();
///
/// // `shop.web1.orders.pt 1 <now>`
/// registry.counter_family("orders", "Orders placed.", ["country"])?.with(["pt"]).increment();
///
/// exporter.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `attach`"]
pub struct GraphiteBuilder {
    schedule: Schedule,
    style: Style,
    request_size: Option<usize>,
}

/// What lines look like.
#[derive(Debug, Clone)]
struct Style {
    prefix: String,
    /// Of all lines, escaped. Used if tagged.
    tags: Vec<(String, String)>,
    tagged: bool,
    increments: bool,
}

impl GraphiteBuilder {
    /// With the defaults.
    pub const fn new() -> Self {
        Self {
            schedule: Schedule::new(Duration::from_secs(60), Duration::from_secs(5)),
            style: Style {
                prefix: String::new(),
                tags: Vec::new(),
                tagged: false,
                increments: false,
            },
            request_size: None,
        }
    }

    /// Puts `prefix` before every name; it usually ends in `.`. In it, what is not an ASCII letter,
    /// digit, `_`, `-` or `.` is left out.
    pub fn prefix(mut self, prefix: &str) -> Self {
        let fit = |c: &char| c.is_ascii_alphanumeric() || "_-.".contains(*c);
        self.style.prefix = prefix.chars().filter(fit).collect();
        self
    }

    /// Sends labels as tags (`jobs;queue=mail`), which Graphite knows since 1.1, with `tags` added to
    /// those of every line; a label of the same name takes precedence.
    ///
    /// In values, what is not a printing ASCII character, and `;`, `~`, `=`, `!`, `^` and `%`, are
    /// percent-encoded. An empty value is no tag. A label cannot be named `name`: Graphite keeps the
    /// name of the metric there.
    pub fn tagged(mut self, tags: &[(&str, &str)]) -> Self {
        self.style.tagged = true;
        self.style.tags = owned(tags);
        self
    }

    /// Sends what came to counters and histograms since the last time that worked, zero included, as
    /// Go kit does, in place of totals. For schemas that sum up.
    ///
    /// Each flush then has a second of its own, since two increments of one second would be one:
    /// an interval of less than a second is taken for one.
    pub const fn increments(mut self) -> Self {
        self.style.increments = true;
        self
    }

    /// The size of a request in bytes. A line that is longer is dropped and
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
    /// The registry has metrics already: attach first. Or one of the [tags](Self::tagged) is called
    /// `name`.
    pub fn attach<T: Transport + 'static>(
        mut self,
        registry: &Registry,
        transport: T,
    ) -> Result<Exporter, MetricError> {
        if self.style.tags.iter().any(|(name, _)| name == "name") {
            return Err(MetricError::setting(format!("no tag of all lines: {NAME_IS_TAKEN}")));
        }
        registry.attach(Arc::new(Names { tagged: self.style.tagged }))?;
        if self.style.increments {
            self.schedule.interval = self.schedule.interval.max(Duration::from_secs(1));
        }
        let size = self.request_size.unwrap_or_else(|| transport.request_size());
        let encoder = Encoder::new(self.style, size);
        let stats = PushStats::default();
        Ok(Exporter::new(self.schedule, registry.clone(), encoder, transport, stats))
    }
}

impl Default for GraphiteBuilder {
    fn default() -> Self {
        Self::new()
    }
}

const NAME_IS_TAKEN: &str = "Graphite keeps the tag `name` for itself; `the_name` would do";

/// Refuses the name that Graphite has taken.
#[derive(Debug)]
struct Names {
    tagged: bool,
}

impl Backend for Names {
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        if self.tagged && desc.label_names().any(|label| label == "name") {
            return Err(MetricError::refused(desc, NAME_IS_TAKEN));
        }
        Ok(())
    }
}
