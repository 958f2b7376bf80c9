//! One file for each kind of server: what to install, how to start it, how to ask it.

mod influxdb;
mod redis;

use std::io;

use crate::{Kind, Running, Server, Set};

pub use influxdb::{Influxdb, influxdb};
pub use redis::{Redis, redis};

/// A server as the project's commands see it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Recipe {
    /// What has to be installed, and what the server is called.
    pub set: Set,
    /// The program that is there when it is installed.
    pub program: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Starts one.
    pub start: fn() -> io::Result<Box<dyn Running>>,
}

/// All servers, in the order of their names.
pub const RECIPES: &[Recipe] = &[
    recipe::<Influxdb>("influxd", "InfluxDB 1: line protocol over HTTP and UDP"),
    recipe::<Redis>("redis-server", "Redis"),
];

const fn recipe<K: Kind + Send + 'static>(program: &'static str, about: &'static str) -> Recipe {
    Recipe { set: K::SET, program, about, start: start::<K> }
}

fn start<K: Kind + Send + 'static>() -> io::Result<Box<dyn Running>> {
    Ok(Box::new(Server::<K>::start()?))
}
