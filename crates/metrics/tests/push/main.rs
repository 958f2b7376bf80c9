//! What receivers are sent, and what becomes of it when they are down, slow or picky.
#![cfg(feature = "push")]

#[cfg(any(feature = "circonus", feature = "influxdb"))]
#[path = "../receiver/mod.rs"]
mod http_receiver;
mod receiver;

#[cfg(feature = "circonus")]
mod circonus;
#[cfg(feature = "graphite")]
mod graphite;
#[cfg(feature = "influxdb")]
mod influxdb;
#[cfg(all(feature = "circonus", feature = "graphite", feature = "influxdb", feature = "statsd"))]
mod several;
#[cfg(feature = "statsd")]
mod statsd;

use receiver::{Mood, Receiver, without_own};
