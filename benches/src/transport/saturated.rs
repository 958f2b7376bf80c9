//! CPU a request, with the server's core saturated.

use std::{io, time::Duration};

use super::{
    Entry,
    load::{Load, Seen},
    process::Process,
};
use crate::harness::{Noise, Options, Sample, Table, on_core, rotated, undisturbed, usage};

const CONNECTIONS: usize = 64;

/// The core of the load; that of the servers is the first.
const LOAD_CORE: usize = 1;

/// What each server cost, in every round.
#[derive(Debug)]
pub(super) struct Cost {
    entries: Vec<Entry>,
    rounds: Vec<Vec<Round>>,
    pub(super) noise: Noise,
}

/// One server in one round.
#[derive(Debug, Clone)]
struct Round {
    /// Microseconds of CPU a request.
    cpu: f64,
    system: f64,
    rate: f64,
    /// Microseconds.
    median: f64,
    slowest: f64,
}

pub(super) fn measure(entries: &[Entry], options: &Options) -> io::Result<Cost> {
    let servers: Vec<Process> =
        entries.iter().map(|entry| Process::start(entry.command()?)).collect::<io::Result<_>>()?;
    let ids: Vec<u32> = servers.iter().map(Process::id).collect();
    let mut noise = Noise::default();
    let mut rounds = vec![Vec::new(); entries.len()];
    on_core(LOAD_CORE, || {
        for round in 0..options.server_rounds() {
            let (of, count) = (options.server_rounds(), entries.len());
            eprintln!("transport: round {} of {of}, {count} servers", round + 1);
            for index in rotated(entries.len(), round) {
                let (figures, seen) =
                    undisturbed(options.repeats(), &ids, || load(&servers[index], options.load()))?;
                noise.add(seen);
                rounds[index].push(figures);
            }
        }
        io::Result::Ok(())
    })?;
    Ok(Cost { entries: entries.to_vec(), rounds, noise })
}

fn load(server: &Process, long: Duration) -> io::Result<Round> {
    let mut load = Load::connect(server.address, CONNECTIONS)?;
    load.run(long / 10)?;
    let before = usage(server.id())?;
    let seen: Seen = load.run(long)?;
    let after = usage(server.id())?;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / seen.requests as f64;
    Ok(Round {
        cpu: each(after.total.saturating_sub(before.total)),
        system: each(after.system.saturating_sub(before.system)),
        rate: seen.requests as f64 / seen.elapsed.as_secs_f64(),
        median: seen.percentile(0.5),
        slowest: seen.percentile(0.99),
    })
}

impl Cost {
    /// CPU a request of one server over that of another; empty if one was not measured.
    pub(super) fn ratio(&self, of: &str, to: &str) -> Sample {
        self.sample(of, |round| round.cpu).over(&self.sample(to, |round| round.cpu))
    }

    fn sample(&self, name: &str, figure: impl Fn(&Round) -> f64) -> Sample {
        let index = self.entries.iter().position(|entry| entry.name == name);
        let rounds = index.map_or(&[][..], |index| &self.rounds[index]);
        Sample::new(rounds.iter().map(figure).collect())
    }

    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(&[
            "server",
            "what it is",
            "CPU us/request",
            "of it system",
            "x hyper",
            "k requests/s",
            "p50 us",
            "p99 us",
        ]);
        for entry in &self.entries {
            let sample = |figure: fn(&Round) -> f64| self.sample(entry.name, figure);
            table.row(vec![
                entry.name.to_owned(),
                entry.what.to_owned(),
                sample(|round| round.cpu).show(2),
                sample(|round| round.system).show(2),
                self.ratio(entry.name, "hyper").show(3),
                sample(|round| round.rate / 1e3).show(1),
                sample(|round| round.median).show(0),
                sample(|round| round.slowest).show(0),
            ]);
        }
        table
    }
}
