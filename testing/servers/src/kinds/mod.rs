//! One file for each kind of server: what to install, how to start it, how to ask it.

mod influxdb;
mod redis;

pub use influxdb::{Influxdb, influxdb};
pub use redis::{Redis, redis};
