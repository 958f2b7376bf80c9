//! Counters, gauges and histograms, shown to whichever monitoring system is there.
//!
//! ```
//! use oxkit_metrics::{Buckets, Registry};
//!
//! // In `main`, once; then it is passed to whoever measures.
//! let registry = Registry::new();
//!
//! // Resolved once, where the program is put together.
//! let jobs = registry.counter_family("jobs_total", "Jobs done.", ["queue", "outcome"])?;
//! let mailed = jobs.with(["mail", "ok"]);
//! let took = registry.histogram("job_seconds", "How long jobs take.", Buckets::default())?;
//!
//! // Observed as often as you like: about a nanosecond, on any number of threads.
//! {
//!     let _timer = took.start_timer();
//!     mailed.increment();
//! }
//!
//! // A test asks the registry itself.
//! let seen = registry.snapshot();
//! assert_eq!(seen.number("jobs_total", &[("queue", "mail"), ("outcome", "ok")]), Some(1.0));
//! assert_eq!(seen.distribution("job_seconds", &[]).map(|d| d.count()), Some(1));
//! # Ok::<_, oxkit_metrics::MetricError>(())
//! ```
//!
//! # When to use it, and when not
//!
//! Use it for numbers that are watched over time. What happened in one call belongs into a log line
//! or a span: a label with a user's or a request's id makes a series for each of them, and a metric
//! has room for a [bounded number](Family#the-bound-on-series).
//!
//! # The pieces
//!
//! | to | use |
//! |---|---|
//! | count what happens | [`Counter`] |
//! | count what is there, such as calls in flight | [`UpDownCounter`] |
//! | show a value that is set | [`Gauge`] |
//! | see how values are distributed, such as durations | [`Histogram`], with [`Buckets`]; [`Timer`] |
//! | tell cases apart by labels | [`Family`]; [`DynamicFamily`] if their names come at run time |
//! | make and read metrics | [`Registry`], [`Snapshot`] |
//! | measure every call of an endpoint | [`Measure`] |
//! | show metrics to Prometheus | [`Prometheus`] |
//! | show them as `/debug/vars` | [`Expvar`] |
//! | send them to statsd or Datadog's agent | [`StatsdBuilder`] |
//! | send them to InfluxDB | [`InfluxBuilder`] |
//! | send them to Graphite | [`GraphiteBuilder`] |
//! | send them to Circonus | [`CirconusBuilder`] |
//! | send them to a collector of OpenTelemetry | [`OtlpBuilder`] |
//! | send them to Amazon's `CloudWatch` | [`CloudWatchBuilder`] |
//! | take in what libraries report by the `metrics` facade | [`FacadeRecorder`] |
//! | know how sending goes, and end it well | [`Exporter`], [`ExporterTask`], [`PushStats`] |
//! | show and send them to several systems at once | [`Registry::attach`], for each of them |
//! | write for another system | [`Backend`] |
//! | measure nothing | [`Registry::discard`], [`Counter::disabled`] and its siblings |
//!
//! # How it works
//!
//! ```text
//!  Family::with(labels)      a look-up: once, or in the call if the labels come with it
//!     v
//!  handle                    one word; clones are the same series
//!     |   increment, set, observe
//!     v
//!  memory of this thread     no other thread writes to it, so there is no lock and no contention
//!     |
//!     v   added up when somebody asks
//!  Registry::snapshot        for any number of backends at once
//! ```
//!
//! Handles do not know what reads them, so a program changes its monitoring system, has two of them
//! or none, in `main` alone.
//!
//! A counter takes 16 bytes and a histogram 8 for each bucket, in each thread that writes to it.
//! Threads beyond twice the number of cores (at least 4, at most 64) share their memory, and write
//! to it with atomic additions.
//!
//! # What becomes of what cannot be sent
//!
//! A receiver that is away, slow or picky never holds up the service, and loses nothing that its
//! protocol allows to keep:
//!
//! | to | counters are sent as | while it is away | what may have arrived |
//! |---|---|---|---|
//! | statsd, `DogStatsD` | increments | these add up; observations wait, as many as there is room for | is not known: UDP does not tell. A Unix socket does |
//! | InfluxDB over HTTP | increments | these add up, and so do histograms | is sent again as it was, and taken once |
//! | Graphite over TCP | totals, or increments | nothing is to be kept, or these add up | is sent again as it was, and taken once |
//! | Circonus | totals | counts of histograms add up | is sent again; counts of histograms may be taken twice |
//! | OpenTelemetry | totals | nothing is to be kept | totals are sent again |
//! | `CloudWatch` | increments | these add up, and so do histograms | is sent again, and may be taken twice |
//!
//! So memory does not grow while a receiver is away. What is dropped all the same is counted: see
//! the page of [`Exporter`].
//!
//! # What is refused, and when
//!
//! Names are ASCII letters, digits and `_`, not beginning with a digit: what every monitoring system
//! can express. Everything about a metric is checked where it is made, and is a [`MetricError`] that
//! says what to write instead. Nothing panics, and an observation cannot fail:
//!
//! | observed | counter | gauge | up-down counter | histogram |
//! |---|---|---|---|---|
//! | a negative number | rejected | taken | taken | taken |
//! | an infinity, NaN | rejected | taken by `set`, rejected by `add` | cannot be said | rejected |
//!
//! What is rejected changes nothing, and [is counted](Registry::rejected). Label values may be any
//! text.
//!
//! # Where the endpoint layer belongs
//!
//! [`Measure`] goes outermost, or just inside the panic boundary, so that it sees what all other
//! layers made of the call. See its page for the metrics it has.
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`Registry::with_series_limit`] | 2000 series for each metric | OpenTelemetry's |
//! | [`Buckets::default`] | 5 ms to 10 s | that of Prometheus' own libraries |
//! | [`Timer`] | seconds | base units compare and convert without thought |
//! | [`Measure`] | names begin with `endpoint`; responses are not looked into | |
//!
//! # The metrics of this crate
//!
//! | metric | labels | when |
//! |---|---|---|
//! | `endpoint_requests_total`, `endpoint_duration_seconds`, `endpoint_in_flight` | `service`, `method` | [`Measure`] is used |
//! | `endpoint_errors_total` | and `outcome`, `kind` | and something failed |
//! | `oxkit_metrics_rejected_total`, `oxkit_metrics_overflowed_total` | `metric` | it is not zero |
//! | `oxkit_metrics_push_failures_total`, `oxkit_metrics_push_dropped_total` | `exporter` | it is not zero |
//!
//! # Features
//!
//! None is on by default, and none changes what another does.
//!
//! | feature | adds |
//! |---|---|
//! | `prometheus` | [`Prometheus`]: text 0.0.4 and OpenMetrics 1.0, by the `prometheus` crate |
//! | `expvar` | [`Expvar`]: the JSON of `/debug/vars` |
//! | `statsd` | [`StatsdBuilder`]: statsd and `DogStatsD` with its events, over UDP and Unix sockets, by tokio |
//! | `influxdb` | [`InfluxBuilder`]: line protocol over HTTP and UDP, by hyper and tokio |
//! | `graphite` | [`GraphiteBuilder`]: plaintext over TCP and UDP, by tokio |
//! | `circonus` | [`CirconusBuilder`]: submission to an `HTTPTrap`, by hyper |
//! | `tls` | [`HttpTarget::tls`], for those that send over HTTP |
//! | `otlp` | [`OtlpBuilder`]: OpenTelemetry's protocol over HTTP, by hyper and prost |
//! | `gzip` | `OtlpBuilder::gzip`: its requests compressed, by flate2 |
//! | `cloudwatch` | [`CloudWatchBuilder`]: Amazon's `CloudWatch`, by hyper, signed with `RustCrypto`'s hashes |
//! | `metrics` | [`FacadeRecorder`]: a recorder for the `metrics` facade |
//!
#![cfg_attr(
    not(feature = "push"),
    doc = "[`Exporter`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.Exporter.html",
    doc = "[`ExporterTask`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.ExporterTask.html",
    doc = "[`PushStats`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.PushStats.html"
)]
#![cfg_attr(
    not(feature = "prometheus"),
    doc = "[`Prometheus`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.Prometheus.html"
)]
#![cfg_attr(
    not(feature = "expvar"),
    doc = "[`Expvar`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.Expvar.html"
)]
#![cfg_attr(
    not(feature = "cloudwatch"),
    doc = "[`CloudWatchBuilder`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.CloudWatchBuilder.html"
)]
#![cfg_attr(
    not(feature = "metrics"),
    doc = "[`FacadeRecorder`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.FacadeRecorder.html"
)]
#![cfg_attr(
    not(feature = "circonus"),
    doc = "[`CirconusBuilder`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.CirconusBuilder.html"
)]
#![cfg_attr(
    not(feature = "graphite"),
    doc = "[`GraphiteBuilder`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.GraphiteBuilder.html"
)]
#![cfg_attr(
    not(feature = "influxdb"),
    doc = "[`InfluxBuilder`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.InfluxBuilder.html"
)]
#![cfg_attr(
    not(all(feature = "push-http", feature = "tls")),
    doc = "[`HttpTarget::tls`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.HttpTarget.html#method.tls"
)]
#![cfg_attr(
    not(feature = "otlp"),
    doc = "[`OtlpBuilder`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.OtlpBuilder.html"
)]
#![cfg_attr(
    not(feature = "statsd"),
    doc = "[`StatsdBuilder`]: https://docs.rs/oxkit-metrics/latest/oxkit_metrics/struct.StatsdBuilder.html"
)]

mod backend;
mod buckets;
mod cells;
#[cfg(feature = "circonus")]
mod circonus;
#[cfg(feature = "cloudwatch")]
mod cloudwatch;
mod counter;
#[cfg(feature = "statsd")]
pub mod datadog;
mod desc;
mod distribution;
mod endpoint;
mod error;
#[cfg(feature = "expvar")]
mod expvar;
#[cfg(feature = "metrics")]
mod facade;
mod family;
mod gauge;
#[cfg(feature = "graphite")]
mod graphite;
mod histogram;
#[cfg(feature = "influxdb")]
mod influxdb;
mod instrument;
mod labels;
mod name;
#[cfg(any(
    feature = "circonus",
    feature = "cloudwatch",
    feature = "expvar",
    feature = "graphite",
    feature = "influxdb",
    feature = "prometheus"
))]
mod number;
#[cfg(feature = "otlp")]
mod otlp;
mod own;
#[cfg(feature = "prometheus")]
mod prometheus;
#[cfg(feature = "push")]
#[cfg_attr(
    not(all(
        feature = "circonus",
        feature = "graphite",
        feature = "influxdb",
        feature = "statsd"
    )),
    expect(clippy::allow_attributes, reason = "what is unused depends on the features"),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "every backend uses another part of it"
    )
)]
mod push;
mod registry;
mod snapshot;
mod stats;
#[cfg(feature = "statsd")]
mod statsd;
mod store;
mod timer;
#[cfg(any(feature = "cloudwatch", feature = "otlp"))]
mod unit;
mod up_down_counter;

pub use backend::{Backend, Observe};
pub use buckets::Buckets;
#[cfg(feature = "circonus")]
pub use circonus::{CirconusBuilder, CirconusTrap};
#[cfg(feature = "cloudwatch")]
pub use cloudwatch::{AwsCredentials, CloudWatchBuilder, ProvideAwsCredentials};
pub use counter::Counter;
pub use desc::{Desc, Kind};
pub use distribution::Distribution;
pub use endpoint::{LooksAtResponse, Measure, OnlyErrors, ResponsesToo};
pub use error::MetricError;
#[cfg(feature = "expvar")]
pub use expvar::Expvar;
#[cfg(feature = "metrics")]
pub use facade::{FacadeBuilder, FacadeRecorder};
pub use family::{DynamicFamily, Family};
pub use gauge::Gauge;
#[cfg(feature = "graphite")]
pub use graphite::GraphiteBuilder;
pub use histogram::Histogram;
#[cfg(feature = "influxdb")]
pub use influxdb::{InfluxBuilder, InfluxHttp};
pub use instrument::Instrument;
pub use labels::Labels;
#[cfg(feature = "otlp")]
pub use otlp::OtlpBuilder;
#[cfg(feature = "prometheus")]
pub use prometheus::{Prometheus, PrometheusBuilder};
#[cfg(feature = "push-http")]
pub use push::HttpTarget;
#[cfg(feature = "graphite")]
pub use push::Tcp;
#[cfg(all(unix, feature = "push"))]
pub use push::UnixDatagram;
#[cfg(feature = "push")]
pub use push::{Exporter, ExporterTask, PushStats, SendError, Transport, Udp};
pub use registry::Registry;
pub use snapshot::{Metric, Series, Snapshot, Value};
#[cfg(feature = "statsd")]
pub use statsd::StatsdBuilder;
pub use timer::Timer;
pub use up_down_counter::{Held, UpDownCounter};
