//! CPU a request, with the server's core saturated.

use std::io;

use super::{
    Entry, HYPER,
    cost::{Cost, round},
    load::Load,
};
use crate::harness::Options;

const CONNECTIONS: usize = 64;

pub(super) fn measure(entries: &[Entry], options: &Options) -> io::Result<Cost> {
    Cost::measure("saturated", HYPER, entries, options, |entry, server| {
        let mut load = Load::connect(server.address, CONNECTIONS, entry.protocol.exchange()?)?;
        load.run(options.load() / 10)?;
        round(server, || load.run(options.load()))
    })
}
