//! Latency at a rate that every server can serve, far from saturation.

use std::io;

use super::{
    Entry, HYPER,
    cost::{Cost, round},
    load::Load,
};
use crate::harness::Options;

const CONNECTIONS: usize = 16;

/// Requests a second: about a tenth of what a core can serve.
pub(super) const RATE: f64 = 20_000.0;

pub(super) fn measure(entries: &[Entry], options: &Options) -> io::Result<Cost> {
    Cost::measure("fixed rate", HYPER, entries, options, |entry, server| {
        let mut load = Load::connect(server.address, CONNECTIONS, entry.protocol.exchange()?)?;
        load.at_rate(RATE, options.load() / 10)?;
        round(server, || load.at_rate(RATE, options.load()))
    })
}
