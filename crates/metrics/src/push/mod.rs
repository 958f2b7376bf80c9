//! What backends that send have in common: where to, in which portions, and how it went.

mod packets;
mod stats;
mod transport;

pub(crate) use packets::{Packets, TooLong};
pub use stats::PushStats;
#[cfg(unix)]
pub use transport::UnixDatagram;
pub use transport::{Transport, Udp};
