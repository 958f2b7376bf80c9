//! Circonus: submission to an `HTTPTrap`.

mod bins;
mod encoder;
mod trap;

use std::{sync::Arc, time::Duration};

use crate::{
    Exporter, MetricError, PushStats, Registry,
    push::{Schedule, owned, schedule_methods},
};
use bins::Histograms;
use encoder::Encoder;
pub use trap::CirconusTrap;

/// Sends metrics to Circonus, by submission to a check of the type `HTTPTrap`: see
/// [`CirconusTrap`].
///
/// **No receiver of this protocol can be had for tests**: neither a broker nor an agent of Circonus is
/// published as a package. What is sent is held against the published format, and against what
/// Circonus' own client for Go sends.
///
/// | metric | member of the JSON object |
/// |---|---|
/// | counter | `"name":{"_type":"L","_value":3}`, the total, each time; `"n"` once it is not whole |
/// | up-down counter, gauge | `"name":{"_type":"n","_value":0.5}`, each time |
/// | histogram | `"name":{"_type":"n","_value":["H[1.2e+01]=2"]}`: how many values fell into each bin of two decimal digits since the last one, if some did |
/// | labels | stream tags: `name\|ST[queue:mail]` |
///
/// * Circonus makes a rate of a total by itself (`counter`), and a total that is lost takes no
///   increment with it.
/// * A value falls into the bin of its first two digits, as Circonus' own histograms have it: not
///   into the buckets it was made with. What is closer to zero than 10⁻¹²⁸ falls into that of zero,
///   and what is beyond ±9.9·10¹²⁷ into that.
/// * A tag whose value is not made of ASCII letters, digits and `.-_/` is written in Base64
///   (`queue:b"YSBi"`), which Circonus decodes. An empty value is no tag.
/// * A gauge that is infinite or not a number is not sent: JSON has no such value.
/// * Counts of a histogram may be taken twice if an answer gets lost.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`interval`](Self::interval) | 10 s | that of Circonus' own client |
/// | [`request_size`](Self::request_size) | 512 KiB | |
/// | [`send_timeout`](Self::send_timeout) | 5 s | |
/// | [`last_flush_timeout`](Self::last_flush_timeout) | 5 s | |
///
/// ```
/// use oxkit_metrics::{CirconusBuilder, CirconusTrap, HttpTarget, Registry};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oxkit_metrics::MetricError> {
/// let registry = Registry::new();
/// let broker = HttpTarget::new("http://localhost:2609")?;
/// let trap = CirconusTrap::new(&broker, "c1d2e3f4-0000-0000-0000-000000000000", "the secret")?;
/// let exporter = CirconusBuilder::new().tags(&[("env", "test")]).attach(&registry, trap)?.spawn();
///
/// registry.counter_family("orders", "Orders placed.", ["country"])?.with(["pt"]).increment();
///
/// exporter.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `attach`"]
pub struct CirconusBuilder {
    schedule: Schedule,
    style: Style,
    request_size: usize,
}

/// What names look like.
#[derive(Debug, Clone)]
struct Style {
    prefix: String,
    tags: Vec<(String, String)>,
}

impl CirconusBuilder {
    /// With the defaults.
    pub const fn new() -> Self {
        Self {
            schedule: Schedule::new(Duration::from_secs(10), Duration::from_secs(5)),
            style: Style { prefix: String::new(), tags: Vec::new() },
            request_size: 512 * 1024,
        }
    }

    /// Puts `prefix` before every name. In it, what is not an ASCII letter, digit, `_`, `-`, `.` or
    /// `` ` `` is left out.
    pub fn prefix(mut self, prefix: &str) -> Self {
        let fit = |c: &char| c.is_ascii_alphanumeric() || "_-.`".contains(*c);
        self.style.prefix = prefix.chars().filter(fit).collect();
        self
    }

    /// Adds stream tags to every metric. A label of the same name takes precedence.
    pub fn tags(mut self, tags: &[(&str, &str)]) -> Self {
        self.style.tags = owned(tags);
        self
    }

    /// The size of a request in bytes. A metric that is longer is dropped and
    /// [counted](PushStats::dropped).
    pub const fn request_size(mut self, bytes: usize) -> Self {
        self.request_size = bytes;
        self
    }

    schedule_methods!();

    /// Sends what `registry` has to `trap`, once the exporter [runs](Exporter::run).
    ///
    /// # Errors
    ///
    /// The registry has metrics already: attach first.
    pub fn attach(self, registry: &Registry, trap: CirconusTrap) -> Result<Exporter, MetricError> {
        let histograms = Arc::new(Histograms::new(self.style.clone()));
        registry.attach(histograms.clone())?;
        let encoder = Encoder::new(self.style, self.request_size, histograms);
        let stats = PushStats::default();
        Ok(Exporter::new(self.schedule, registry.clone(), encoder, trap, stats))
    }
}

impl Default for CirconusBuilder {
    fn default() -> Self {
        Self::new()
    }
}
