//! OpenTelemetry: metrics over OTLP.

mod encoder;
mod exponential;
mod messages;
mod post;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::{
    Backend, Exporter, HttpTarget, MetricError, PushStats, Registry,
    push::{Http, Schedule, schedule_methods},
};
use encoder::Encoder;
use post::{Otlp, REQUEST};

/// Sets up an [`Exporter`] that sends to a collector of OpenTelemetry, or to whatever takes OTLP:
/// Prometheus, Datadog's agent, and most services.
///
/// The protocol is OTLP 1.x over HTTP with protobuf messages. gRPC carries the same messages; every
/// receiver that takes it takes HTTP too, so it is not spoken here.
///
/// | metric | sent as |
/// |---|---|
/// | counter | `Sum`, monotonic |
/// | up-down counter | `Sum`, not monotonic |
/// | gauge | `Gauge`; infinities and NaN as they are |
/// | histogram | `Histogram` with its bounds |
/// | histogram with [log-linear](crate::Buckets::log_linear) buckets | `ExponentialHistogram` of scale 3; quantiles are off by 12.5 % at most |
/// | labels | attributes, whose values are text |
/// | a name that ends in `_seconds`, `_milliseconds`, `_bytes` or `_ratio`, with `_total` or not | unit `s`, `ms`, `By` or `1` |
///
/// * Everything is cumulative, since the time the exporter was attached. So a request that is lost
///   loses nothing: the next one tells it too.
/// * The sum of a histogram that has a negative bound is left out, as the protocol asks for.
/// * Requests are of at most 1 MiB, before they are compressed if they are.
/// * An answer of 429, 502, 503 or 504 is another attempt's business, when the receiver says if it
///   does; any other error is a rejection, as is what a partial success names: they are
///   [counted](PushStats::dropped). What counts since the start is told again by the next request
///   all the same.
///
/// # Why not the SDK
///
/// OpenTelemetry's SDK for Rust aggregates by itself: it would hold every metric a second time, at
/// a multiple of the cost of an observation, and its API changes several times a year. What is
/// needed of it here is the wire format, and that is stable. If the program uses the SDK anyway, for
/// traces say, both may send to the same collector.
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`interval`](Self::interval) | 60 s | OpenTelemetry's |
/// | [`send_timeout`](Self::send_timeout) | 10 s | OpenTelemetry's |
/// | [`last_flush_timeout`](Self::last_flush_timeout) | 5 s | a program ends in time |
/// | `gzip`, by the feature of that name | off | a collector is mostly nearby |
/// | [`resource`](Self::resource) | `service.name` is `unknown_service` | OpenTelemetry's |
///
/// ```
/// use oxkit_metrics::{HttpTarget, OtlpBuilder, Registry};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oxkit_metrics::MetricError> {
/// let registry = Registry::new();
/// let exporter = OtlpBuilder::new(HttpTarget::new("http://localhost:4318")?)
///     .resource("service.name", "shop")
///     .attach(&registry)?
///     .spawn();
/// registry.counter("orders_total", "Orders placed.")?.increment();
/// # exporter.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `attach`"]
pub struct OtlpBuilder {
    target: HttpTarget,
    attributes: Vec<(String, String)>,
    headers: HeaderMap,
    #[cfg(feature = "gzip")]
    gzip: bool,
    schedule: Schedule,
}

impl OtlpBuilder {
    /// To the receiver at `target`, to whose URL `/v1/metrics` is added: `http://localhost:4318`
    /// for a collector nearby, `http://localhost:9090/api/v1/otlp` for Prometheus.
    pub fn new(target: HttpTarget) -> Self {
        Self {
            target,
            attributes: vec![("service.name".to_owned(), "unknown_service".to_owned())],
            headers: HeaderMap::new(),
            #[cfg(feature = "gzip")]
            gzip: false,
            schedule: Schedule::new(Duration::from_secs(60), Duration::from_secs(10)),
        }
    }

    schedule_methods!();

    /// An attribute of the resource: of what is measured, such as `service.name`,
    /// `service.version` or `host.name`. Of a key the last value counts.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let key = key.into();
        self.attributes.retain(|(have, _)| *have != key);
        self.attributes.push((key, value.into()));
        self
    }

    /// A header of every request, such as one that a service knows its customers by. Its value is
    /// not shown when this is printed.
    ///
    /// # Errors
    ///
    /// It is no header.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, MetricError> {
        // Without the value, which mostly is a secret.
        let refuse = || MetricError::setting(format!("`{name}`: this, or its value, is no header"));
        let parsed: HeaderName = name.parse().map_err(|_| refuse())?;
        let mut value = HeaderValue::try_from(value).map_err(|_| refuse())?;
        value.set_sensitive(true);
        self.headers.append(parsed, value);
        Ok(self)
    }

    /// Compresses requests, to about a tenth. It takes time of a core, so it is for networks that
    /// cost more than that.
    #[cfg(feature = "gzip")]
    pub const fn gzip(mut self) -> Self {
        self.gzip = true;
        self
    }

    /// Sends what `registry` has, once the exporter [runs](Exporter::run).
    ///
    /// # Errors
    ///
    /// The registry has metrics already: attach first.
    pub fn attach(self, registry: &Registry) -> Result<Exporter, MetricError> {
        let (client, url) = self.target.join("/v1/metrics")?;
        registry.attach(Arc::new(All))?;
        let encoder = Encoder::new(&self.attributes, SystemTime::now(), REQUEST);
        let post = Otlp::new(url, self.headers);
        #[cfg(feature = "gzip")]
        let post = if self.gzip { post.compressed() } else { post };
        let transport = Http::new(client, post);
        let stats = PushStats::default();
        Ok(Exporter::new(self.schedule, registry.clone(), encoder, transport, stats))
    }
}

/// The protocol can express everything.
#[derive(Debug)]
struct All;

impl Backend for All {}
