//! What backends that send have in common: when, where to, in which portions, and how it went.
//!
//! A protocol is an [`Encode`] (what to send of a snapshot), sent over a [`Transport`] by an
//! [`Exporter`].

mod backoff;
mod deltas;
mod encode;
mod error;
mod escape;
mod exporter;
#[cfg(feature = "push-http")]
mod http;
mod packets;
mod random;
mod schedule;
mod stats;
#[cfg(any(feature = "circonus", feature = "graphite", feature = "influxdb", feature = "statsd"))]
mod tags;
#[cfg(feature = "push-http")]
mod target;
#[cfg(feature = "graphite")]
mod tcp;
mod transport;

use backoff::Backoff;
pub(crate) use deltas::{Deltas, Sent, SeriesId};
pub(crate) use encode::{Encode, Request};
pub use error::SendError;
#[cfg(any(feature = "graphite", feature = "statsd"))]
pub(crate) use escape::path_part;
#[cfg(any(feature = "cloudwatch", feature = "graphite", feature = "influxdb"))]
pub(crate) use escape::percent;
#[cfg(feature = "statsd")]
pub(crate) use escape::push_tag;
#[cfg(feature = "push-http")]
pub(crate) use escape::query;
pub use exporter::{Exporter, ExporterTask};
#[cfg(feature = "push-http")]
pub(crate) use http::{Answer, Client, Http, Post};
pub(crate) use packets::{Ends, Packets, TooLong};
pub(crate) use random::chance;
pub(crate) use schedule::{Schedule, schedule_methods};
pub use stats::PushStats;
#[cfg(any(
    feature = "circonus",
    feature = "graphite",
    feature = "influxdb",
    feature = "statsd"
))]
pub(crate) use tags::owned;
#[cfg(feature = "push-http")]
pub use target::HttpTarget;
#[cfg(feature = "graphite")]
pub use tcp::Tcp;
#[cfg(unix)]
pub use transport::UnixDatagram;
pub use transport::{Transport, Udp};
