//! Metrics.

mod backend;
mod buckets;
mod cells;
mod counter;
mod desc;
mod distribution;
mod endpoint;
mod error;
mod family;
mod gauge;
mod histogram;
mod instrument;
mod labels;
mod name;
mod own;
#[cfg(feature = "prometheus")]
mod prometheus;
mod registry;
mod snapshot;
mod stats;
mod store;
mod timer;
mod up_down_counter;

pub use backend::{Backend, Observe};
pub use buckets::Buckets;
pub use counter::Counter;
pub use desc::{Desc, Kind};
pub use distribution::Distribution;
pub use endpoint::{LooksAtResponse, Measure, OnlyErrors, ResponsesToo};
pub use error::MetricError;
pub use family::{DynamicFamily, Family};
pub use gauge::Gauge;
pub use histogram::Histogram;
pub use instrument::Instrument;
pub use labels::Labels;
#[cfg(feature = "prometheus")]
pub use prometheus::{Prometheus, PrometheusBuilder};
pub use registry::Registry;
pub use snapshot::{Metric, Series, Snapshot, Value};
pub use timer::Timer;
pub use up_down_counter::{Held, UpDownCounter};
