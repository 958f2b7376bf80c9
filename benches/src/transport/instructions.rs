//! User instructions a request, counted by valgrind.

use std::{io, net::TcpStream};

use super::{
    Entry, HYPER, STACK,
    process::{Process, counted},
    wire::ask,
};
use crate::harness::{Goal, Table, instructions::collected};

pub(super) const TITLE: &str = "User instructions a request, one connection: no noise at all";

const FEW: u64 = 500;
const MANY: u64 = 2500;

/// Instructions a request of each server.
#[derive(Debug)]
pub(super) struct Instructions(Vec<(Entry, f64)>);

pub(super) fn measure(entries: &[Entry]) -> io::Result<Instructions> {
    let mut all = Vec::new();
    // valgrind does not run programs of Go.
    for entry in entries.iter().filter(|entry| entry.is_rust()) {
        eprintln!("transport: counting the instructions of {}", entry.name);
        let (few, many) = (count(entry, FEW)?, count(entry, MANY)?);
        all.push((entry.clone(), many.saturating_sub(few) as f64 / (MANY - FEW) as f64));
    }
    Ok(Instructions(all))
}

fn count(entry: &Entry, requests: u64) -> io::Result<u64> {
    let server = Process::start(counted(entry.name)?)?;
    let mut stream = TcpStream::connect(server.address)?;
    for _ in 0..requests {
        ask(&mut stream)?;
    }
    drop(stream);
    collected(&server.end()?)
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

    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(&["server", "instructions", "x hyper", "x axum"]);
        for (entry, count) in &self.0 {
            let over = |to: &str| {
                let ratio = self.ratio(entry.name, to);
                if ratio.is_nan() { "-".to_owned() } else { format!("{ratio:.3}") }
            };
            let (hyper, axum) = (over(HYPER), over("axum"));
            table.row(vec![entry.name.to_owned(), format!("{count:.0}"), hyper, axum]);
        }
        table
    }
}
