//! Amazon's `CloudWatch`.

mod credentials;
mod encoder;
mod post;
mod sign;
mod values;

use std::{sync::Arc, time::Duration};

use crate::{
    Backend, Desc, Exporter, HttpTarget, MetricError, PushStats, Registry,
    push::{Http, Schedule, schedule_methods},
};
pub use credentials::{AwsCredentials, ProvideAwsCredentials};
use encoder::Encoder;
use post::CloudWatch;

/// Dimensions that a metric may have.
const DIMENSIONS: usize = 30;

/// Characters of the name of a metric, a dimension or a namespace.
const NAME: usize = 255;

/// Sets up an [`Exporter`] that sends to Amazon's `CloudWatch`.
///
/// | metric | sent as |
/// |---|---|
/// | counter | `Value`: what came since the last time, if something did; unit `Count` |
/// | up-down counter, gauge | `Value`, each time |
/// | histogram | `Values` and `Counts` of what came since the last time |
/// | labels | dimensions; one whose value is empty is left out |
/// | a name that ends in `_seconds`, `_milliseconds` or `_bytes`, with `_total` or not | the unit |
///
/// * Ask `CloudWatch` for the statistic `Sum` of a counter, and for any of a histogram: count, sum
///   and average are right, and percentiles (`p99`) are off by the width of a bucket at most. They
///   are computed there, over all instances of a service. Go kit sends percentiles of its own
///   (`name_99`), which cannot be added up.
/// * A gauge that is infinite or not a number is not sent: there is no such value.
/// * The value of a dimension is printable ASCII: other bytes, `%`, and a space or colon at its
///   beginning are percent-encoded. A series with a longer one than 1024 characters then, or with a
///   number beyond ±2³⁶⁰, is dropped and [counted](PushStats::dropped).
/// * A metric with more than 30 dimensions, or a name of more than 255 characters, is refused where
///   it is made.
/// * A request has up to 1000 data and 1 MB. An answer that is lost makes the same numbers be sent
///   again: `CloudWatch` has no way to tell.
/// * Every dimension makes a metric of its own in `CloudWatch`, which is paid for.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`interval`](Self::interval) | 60 s | the resolution of `CloudWatch` |
/// | [`send_timeout`](Self::send_timeout) | 10 s | |
/// | [`last_flush_timeout`](Self::last_flush_timeout) | 5 s | a program ends in time |
/// | [`high_resolution`](Self::high_resolution) | off | it is kept for three hours only |
///
/// ```
/// use oxkit_metrics::{AwsCredentials, CloudWatchBuilder, HttpTarget, Registry};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oxkit_metrics::MetricError> {
/// # let (id, secret) = ("AKIDEXAMPLE", "secret");
/// // In production `HttpTarget::tls`, at `https://monitoring.eu-north-1.amazonaws.com`.
/// let target = HttpTarget::new("http://localhost:4566")?;
/// let registry = Registry::new();
/// let exporter =
///     CloudWatchBuilder::new(target, "eu-north-1", "Shop", AwsCredentials::new(id, secret))
///         .dimension("stage", "test")
///         .attach(&registry)?
///         .spawn();
/// registry.counter("orders", "Orders placed.")?.increment();
/// # exporter.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `attach`"]
pub struct CloudWatchBuilder<P> {
    target: HttpTarget,
    region: String,
    namespace: String,
    credentials: P,
    dimensions: Vec<(String, String)>,
    resolution: Option<u8>,
    schedule: Schedule,
}

impl<P: ProvideAwsCredentials> CloudWatchBuilder<P> {
    /// To `CloudWatch` at `target`, which is `https://monitoring.REGION.amazonaws.com` unless there
    /// is an endpoint of one's own. Metrics belong to `namespace`, and requests are signed with
    /// `credentials`: fixed [ones](AwsCredentials), or whatever
    /// [provides them](ProvideAwsCredentials).
    pub fn new(
        target: HttpTarget,
        region: impl Into<String>,
        namespace: impl Into<String>,
        credentials: P,
    ) -> Self {
        Self {
            target,
            region: region.into(),
            namespace: namespace.into(),
            credentials,
            dimensions: Vec::new(),
            resolution: None,
            schedule: Schedule::new(Duration::from_secs(60), Duration::from_secs(10)),
        }
    }

    schedule_methods!();

    /// A dimension of every metric. A label of the same name goes before it.
    pub fn dimension(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.dimensions.push((name.into(), value.into()));
        self
    }

    /// Has the metrics kept by the second, and not by the minute. Set a shorter
    /// [interval](Self::interval) as well.
    pub const fn high_resolution(mut self) -> Self {
        self.resolution = Some(1);
        self
    }

    /// Sends what `registry` has, once the exporter [runs](Exporter::run).
    ///
    /// # Errors
    ///
    /// The region, the namespace or a dimension is none, or the registry has metrics already: attach
    /// first.
    pub fn attach(self, registry: &Registry) -> Result<Exporter, MetricError> {
        check("region", &self.region, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
        })?;
        check("namespace", &self.namespace, |c| {
            c.is_ascii_alphanumeric() || ".-_/#: ".contains(c)
        })?;
        if self.namespace.starts_with(':') || self.namespace.starts_with("AWS/") {
            return Err(MetricError::setting(format!(
                "the namespace `{}`: it does not begin with `:`, and not with `AWS/`, which is \
                 Amazon's own",
                self.namespace
            )));
        }
        for (name, _) in &self.dimensions {
            check("dimension", name, |c| c.is_ascii_graphic())?;
            if name.starts_with(':') {
                return Err(MetricError::setting(format!(
                    "the dimension `{name}`: it does not begin with `:`"
                )));
            }
        }
        let (client, url) = self.target.join("/")?;
        registry.attach(Arc::new(Limits { dimensions: self.dimensions.len() }))?;
        let encoder = Encoder::new(&self.namespace, &self.dimensions, self.resolution);
        let transport = Http::new(client, CloudWatch::new(self.region, url, self.credentials));
        let stats = PushStats::default();
        Ok(Exporter::new(self.schedule, registry.clone(), encoder, transport, stats))
    }
}

fn check(what: &str, name: &str, allowed: impl Fn(char) -> bool) -> Result<(), MetricError> {
    if (1..=NAME).contains(&name.len()) && name.chars().all(&allowed) {
        return Ok(());
    }
    let wrong = name.chars().find(|c| !allowed(*c));
    let why = wrong.map_or_else(
        || format!("it has 1 to {NAME} characters"),
        |c| format!("it cannot have `{}`", c.escape_debug()),
    );
    Err(MetricError::setting(format!("the {what} `{}`: {why}", name.escape_debug())))
}

/// Refuses what `CloudWatch` would.
#[derive(Debug)]
struct Limits {
    /// Of every metric.
    dimensions: usize,
}

impl Backend for Limits {
    fn accept(&self, desc: &Desc) -> Result<(), MetricError> {
        let all = self.dimensions + desc.label_names().len();
        if all > DIMENSIONS {
            return Err(MetricError::refused(
                desc,
                format_args!("CloudWatch takes {DIMENSIONS} dimensions, and these are {all}"),
            ));
        }
        if let Some(name) = desc.label_names().chain([desc.name()]).find(|n| n.len() > NAME) {
            return Err(MetricError::refused(
                desc,
                format_args!("CloudWatch takes names of {NAME} characters, and `{name}` is longer"),
            ));
        }
        Ok(())
    }
}
