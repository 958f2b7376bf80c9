//! What receivers are sent, and what becomes of it when they are down, slow or picky.
#![cfg(feature = "push")]

mod receiver;

#[cfg(feature = "graphite")]
mod graphite;
#[cfg(feature = "influxdb")]
mod influxdb;
#[cfg(feature = "statsd")]
mod statsd;

use receiver::{Mood, Receiver};
