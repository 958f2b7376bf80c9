//! Prometheus: what a scrape is answered with.

mod accept;
mod collector;
mod model;
mod names;
mod text;
mod window;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{MetricError, Registry};
use collector::Families;
use names::Names;

/// Shows a [`Registry`] to Prometheus, and to all that scrape as it does.
///
/// It knows nothing of HTTP: [`encode`](Self::encode) takes the `Accept` header of a scrape and
/// gives the `Content-Type` and the body of the answer, for a route of any server. With
/// `oxkit-transport-http` a route is a closure:
///
/// ```text
/// let routes = Router::new().get("/metrics", move |request: Request<Body>| {
///     let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
///     let (content_type, body) = prometheus.encode(accept);
///     let mut response = Response::new(Body::from(body));
///     response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
///     std::future::ready(response)
/// });
/// ```
///
/// | metric | shown as |
/// |---|---|
/// | counter | counter; `_total` is appended to a name that does not end so |
/// | up-down counter, gauge | gauge; infinities and NaN as they are |
/// | histogram | histogram with its buckets |
/// | histogram with [log-linear](crate::Buckets::log_linear) buckets | summary: quantiles of the last ten minutes |
///
/// Label values and help texts are escaped by the rules of the format; none is refused. Names that
/// would meet once shown (a histogram `size` and a counter `size_count`) are an error where the
/// second metric is made.
///
/// The metrics are a collector in a registry of the [`prometheus`](::prometheus) crate:
/// [your own](PrometheusBuilder::in_registry) if you have metrics of that crate as well.
///
/// ```
/// use oxkit_metrics::{Prometheus, Registry};
///
/// let registry = Registry::new();
/// let prometheus = Prometheus::new(&registry)?;
/// registry.counter_family("jobs", "Jobs done.", ["queue"])?.with(["mail"]).add(2);
///
/// let (content_type, body) = prometheus.encode(None);
/// assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
/// assert_eq!(
///     String::from_utf8(body).unwrap(),
///     "# HELP jobs_total Jobs done.\n\
///      ## TYPE jobs_total counter\n\
///      jobs_total{queue=\"mail\"} 2\n"
/// );
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Clone)]
pub struct Prometheus {
    registry: ::prometheus::Registry,
}

impl Prometheus {
    /// Shows `registry`, with the defaults of [`PrometheusBuilder`].
    ///
    /// # Errors
    ///
    /// The registry has metrics already: attach first.
    pub fn new(registry: &Registry) -> Result<Self, MetricError> {
        PrometheusBuilder::new().attach(registry)
    }

    /// What a scrape is answered with: the content type and the body.
    ///
    /// `accept` is the value of the scrape's `Accept` header. The answer is in OpenMetrics 1.0 if
    /// the header prefers that, and in the text format 0.0.4 otherwise, also if it accepts neither.
    ///
    /// ```
    /// use oxkit_metrics::{Prometheus, Registry};
    ///
    /// let registry = Registry::new();
    /// let prometheus = Prometheus::new(&registry)?;
    /// registry.gauge("queued", "Jobs waiting.")?.set(2.5);
    ///
    /// let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.2";
    /// let (content_type, body) = prometheus.encode(Some(accept));
    /// assert_eq!(content_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    /// assert_eq!(body, b"# HELP queued Jobs waiting.\n# TYPE queued gauge\nqueued 2.5\n# EOF\n");
    /// # Ok::<_, oxkit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn encode(&self, accept: Option<&str>) -> (&'static str, Vec<u8>) {
        let format = accept::choose(accept);
        (format.content_type(), text::write(format, &self.registry.gather()))
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus").finish_non_exhaustive()
    }
}

/// Sets up a [`Prometheus`].
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`quantiles`](Self::quantiles) | 0.5, 0.9, 0.95, 0.99 | those of Go kit |
/// | [`window`](Self::window) | ten minutes | that of Prometheus' own libraries |
/// | [`in_registry`](Self::in_registry) | one of its own | nothing is global |
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `attach`"]
pub struct PrometheusBuilder {
    quantiles: Arc<[f64]>,
    window: Duration,
    registry: ::prometheus::Registry,
    clock: fn() -> Instant,
}

impl PrometheusBuilder {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            quantiles: [0.5, 0.9, 0.95, 0.99].into(),
            window: Duration::from_secs(600),
            registry: ::prometheus::Registry::new(),
            clock: Instant::now,
        }
    }

    /// Which quantiles a summary shows. Each is brought into 0 to 1, and NaN is left out.
    pub fn quantiles(mut self, quantiles: &[f64]) -> Self {
        let mut sorted: Vec<_> =
            quantiles.iter().filter(|q| !q.is_nan()).map(|q| q.clamp(0.0, 1.0) + 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        self.quantiles = sorted.into();
        self
    }

    /// How far back the quantiles of a summary look. Its count and its sum are of all time.
    ///
    /// What is past is known from earlier scrapes, so the quantiles look back to the last scrape
    /// before that, and at first to the start.
    pub const fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }

    /// Adds the metrics to those of a registry of the `prometheus` crate, and shows both.
    ///
    /// ```
    /// use oxkit_metrics::{PrometheusBuilder, Registry};
    ///
    /// let present = prometheus::Registry::new();
    /// let legacy = prometheus::IntCounter::new("legacy_total", "Counted as ever.").unwrap();
    /// present.register(Box::new(legacy.clone())).unwrap();
    /// legacy.inc();
    ///
    /// let registry = Registry::new();
    /// let prometheus = PrometheusBuilder::new().in_registry(present).attach(&registry)?;
    /// registry.counter("new_total", "Counted here.")?.increment();
    ///
    /// let (_, body) = prometheus.encode(None);
    /// let body = String::from_utf8(body).unwrap();
    /// assert!(body.contains("\nlegacy_total 1\n") && body.contains("\nnew_total 1\n"));
    /// # Ok::<_, oxkit_metrics::MetricError>(())
    /// ```
    pub fn in_registry(mut self, registry: ::prometheus::Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Reads the time elsewhere, for tests of the [window](Self::window).
    pub fn clock(mut self, clock: fn() -> Instant) -> Self {
        self.clock = clock;
        self
    }

    /// Shows `registry`.
    ///
    /// # Errors
    ///
    /// The registry has metrics already: attach first.
    pub fn attach(self, registry: &Registry) -> Result<Prometheus, MetricError> {
        registry.attach(Arc::new(Names::default()))?;
        let families = Families::new(registry.clone(), self.quantiles, self.window, self.clock);
        self.registry.register(Box::new(families)).map_err(|error| {
            MetricError::unattached(format!(
                "the registry of the prometheus crate refuses: {error}"
            ))
        })?;
        Ok(Prometheus { registry: self.registry })
    }
}

impl Default for PrometheusBuilder {
    fn default() -> Self {
        Self::new()
    }
}
