//! User instructions a request, counted by valgrind.

use std::io;

use super::{Entry, HYPER, STACK, process::Process};
use crate::harness::{Goal, Table, instructions::collected};

pub(super) const TITLE: &str = "User instructions a request, one connection: no noise at all";

const FEW: usize = 500;
const MANY: usize = 2500;

/// Instructions a request of each server.
#[derive(Debug)]
pub(super) struct Instructions(Vec<(Entry, f64)>);

pub(super) fn measure(entries: &[Entry]) -> io::Result<Instructions> {
    let mut all = Vec::new();
    for entry in entries {
        let Some(few) = count(entry, FEW)? else { continue };
        let many = count(entry, MANY)?.unwrap_or_default();
        all.push((entry.clone(), many.saturating_sub(few) as f64 / (MANY - FEW) as f64));
    }
    Ok(Instructions(all))
}

fn count(entry: &Entry, requests: usize) -> io::Result<Option<u64>> {
    let Some(command) = entry.counted()? else { return Ok(None) };
    eprintln!("transport: counting the instructions of {requests} requests to {}", entry.name);
    let server = Process::start(command)?;
    entry.protocol.ask(server.address, requests)?;
    collected(&server.end()?).map(Some)
}

impl Instructions {
    pub(super) fn goals(&self) -> Vec<Goal> {
        let stack = self.ratio(STACK, HYPER);
        vec![Goal::at_most("whole stack: instructions over bare hyper's", 1.25, stack, "x")]
    }

    /// One server's over another's; not a number if one was not measured.
    fn ratio(&self, of: &str, to: &str) -> f64 {
        self.of(of) / self.of(to)
    }

    fn of(&self, name: &str) -> f64 {
        let found = self.0.iter().find(|(entry, _)| entry.name == name);
        found.map_or(f64::NAN, |(_, count)| *count)
    }

    /// With how many times those of two servers it is.
    pub(super) fn table(&self, to: [&str; 2]) -> Table {
        let titles = to.map(|name| format!("x {}", name.trim_start_matches("grpc-")));
        let mut table = Table::new(&["server", "instructions", &titles[0], &titles[1]]);
        for (entry, count) in &self.0 {
            let over = |to: &str| {
                let ratio = self.ratio(entry.name, to);
                if ratio.is_nan() { "-".to_owned() } else { format!("{ratio:.3}") }
            };
            let [first, second] = to.map(over);
            table.row(vec![entry.name.to_owned(), format!("{count:.0}"), first, second]);
        }
        table
    }
}
