//! What a request costs each server, round by round.

use std::{io, time::Duration};

use super::{Entry, load::Seen, process::Process};
use crate::harness::{Noise, Options, Sample, Table, Usage, on_core, rotated, undisturbed, usage};

/// The core of the load; that of the servers is the first.
const LOAD_CORE: usize = 1;

/// What each server cost, in every round.
#[derive(Debug)]
pub(super) struct Cost {
    /// What the others are compared to in the table.
    base: &'static str,
    entries: Vec<Entry>,
    rounds: Vec<Vec<Round>>,
    pub(super) noise: Noise,
}

/// One server in one round.
#[derive(Debug, Clone)]
pub(super) struct Round {
    /// Microseconds of CPU a request.
    cpu: f64,
    system: f64,
    rate: f64,
    /// Latencies and lateness, in microseconds.
    median: f64,
    slow: f64,
    slowest: f64,
    late: f64,
}

/// What a load came to, and what it made the server use.
pub(super) fn round(
    server: &Process,
    load: impl FnOnce() -> io::Result<Seen>,
) -> io::Result<Round> {
    let before = usage(server.id())?;
    let seen = load()?;
    let after = usage(server.id())?;
    let each = |time: fn(&Usage) -> Duration| {
        time(&after).saturating_sub(time(&before)).as_secs_f64() * 1e6 / seen.requests as f64
    };
    Ok(Round {
        cpu: each(|usage| usage.total),
        system: each(|usage| usage.system),
        rate: seen.requests as f64 / seen.elapsed.as_secs_f64(),
        median: seen.percentile(0.5),
        slow: seen.percentile(0.99),
        slowest: seen.percentile(0.999),
        late: seen.late,
    })
}

impl Cost {
    /// Runs all servers at once, and puts `load` on one after another.
    pub(super) fn measure(
        what: &str,
        base: &'static str,
        entries: &[Entry],
        options: &Options,
        load: impl Fn(&Entry, &Process) -> io::Result<Round>,
    ) -> io::Result<Self> {
        let start = |entry: &Entry| Process::start(entry.command()?);
        let servers: Vec<Process> = entries.iter().map(start).collect::<io::Result<_>>()?;
        let ids: Vec<u32> = servers.iter().map(Process::id).collect();
        let mut noise = Noise::default();
        let mut rounds = vec![Vec::new(); entries.len()];
        on_core(LOAD_CORE, || {
            for round in 0..options.server_rounds() {
                let (of, count) = (options.server_rounds(), entries.len());
                eprintln!("transport, {what}: round {} of {of}, {count} servers", round + 1);
                for index in rotated(entries.len(), round) {
                    let (figures, seen) = undisturbed(options.server_repeats(), &ids, || {
                        load(&entries[index], &servers[index])
                    })?;
                    noise.add(seen);
                    rounds[index].push(figures);
                }
            }
            io::Result::Ok(())
        })?;
        Ok(Self { base, entries: entries.to_vec(), rounds, noise })
    }

    /// CPU a request of one server over that of another; empty if one was not measured.
    pub(super) fn cpu(&self, of: &str, to: &str) -> Sample {
        self.ratio(of, to, |round| round.cpu)
    }

    /// Requests a second of one server over those of another.
    pub(super) fn rate(&self, of: &str, to: &str) -> Sample {
        self.ratio(of, to, |round| round.rate)
    }

    /// The 99th percentile of the latency of one server over that of another.
    pub(super) fn slow(&self, of: &str, to: &str) -> Sample {
        self.ratio(of, to, |round| round.slow)
    }

    /// By how many microseconds the load itself was late in 99 of 100 requests, in the worst round
    /// of any server.
    pub(super) fn latest(&self) -> f64 {
        self.rounds.iter().flatten().map(|round| round.late).fold(0.0, f64::max)
    }

    fn ratio(&self, of: &str, to: &str, figure: fn(&Round) -> f64) -> Sample {
        self.sample(of, figure).over(&self.sample(to, figure))
    }

    fn sample(&self, name: &str, figure: fn(&Round) -> f64) -> Sample {
        let index = self.entries.iter().position(|entry| entry.name == name);
        let rounds = index.map_or(&[][..], |index| &self.rounds[index]);
        Sample::new(rounds.iter().map(figure).collect())
    }

    pub(super) fn table(&self) -> Table {
        let times = format!("x {}", self.base.trim_start_matches("grpc-"));
        let mut table = Table::new(&[
            "server",
            "what it is",
            "CPU us/request",
            "of it system",
            &times,
            "k requests/s",
            &times,
            "p50 us",
            "p99 us",
            &times,
            "p99.9 us",
        ]);
        for entry in &self.entries {
            let sample = |figure: fn(&Round) -> f64| self.sample(entry.name, figure);
            table.row(vec![
                entry.name.to_owned(),
                entry.what.to_owned(),
                sample(|round| round.cpu).show(2),
                sample(|round| round.system).show(2),
                self.cpu(entry.name, self.base).show(3),
                sample(|round| round.rate / 1e3).show(1),
                self.rate(entry.name, self.base).show(3),
                sample(|round| round.median).show(0),
                sample(|round| round.slow).show(0),
                self.slow(entry.name, self.base).show(2),
                sample(|round| round.slowest).show(0),
            ]);
        }
        table
    }
}
