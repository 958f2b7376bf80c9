//! HTTP servers: what a request and an idle connection cost, ours against hyper, axum and Go kit.
//!
//! All servers run at once, each a process on the first core; one is loaded at a time, from the
//! second core, by the same 64 kept connections in a closed loop. What a request costs is the CPU
//! time of the server's process, user and system, over the requests that were answered: unlike
//! requests a second it does not depend on how much of the core the server was given.

mod instructions;
mod load;
mod memory;
mod process;
mod saturated;
mod servers;
mod wire;

use std::io;

use crate::{
    gokit,
    harness::{Goal, Options, Report, both_cores},
};
use servers::SERVERS;

pub use servers::serve;

/// The name of the peer that is not in this program.
const GOKIT: &str = "gokit";

/// A server to be measured.
#[derive(Debug, Clone)]
struct Entry {
    name: &'static str,
    what: &'static str,
}

impl Entry {
    fn command(&self) -> io::Result<std::process::Command> {
        if self.name == GOKIT { gokit::command() } else { process::rust(self.name) }
    }
}

/// Measures the servers.
///
/// # Errors
///
/// A server does not start or answers wrongly, or `/proc` cannot be read.
pub fn run(options: &Options) -> io::Result<Report> {
    let mut report = Report::new("transport");
    report.notes.push(
        "POST /uppercase {\"s\":\"hello\"} over 64 kept connections; servers on one core, the load \
         on another.\nCPU is user and system time of the server over requests answered; x hyper is \
         taken within a round."
            .to_owned(),
    );
    if !both_cores() {
        report.notes.push("There is one core only: servers and load share it.".to_owned());
    }
    let entries = entries(options, &mut report);

    let cost = saturated::measure(&entries, options)?;
    report.tables.push(("One core, saturated".to_owned(), cost.table()));
    let memory = memory::measure(&entries, options)?;
    report.tables.push(("Memory of 2,000 idle kept connections".to_owned(), memory.table()));
    let instructions = if options.instructions {
        let counted = instructions::measure(&entries)?;
        report.tables.push((
            "User instructions a request, one connection: no noise at all".to_owned(),
            counted.table(),
        ));
        Some(counted)
    } else {
        None
    };

    let ratio = |of: &str, to: &str| cost.ratio(of, to).median();
    report.goals = vec![
        Goal::at_most("straight on hyper, CPU over bare hyper", 1.06, ratio("oxkit", "hyper"), "x"),
        Goal::at_most(
            "mounted in axum, CPU over bare axum",
            1.03,
            ratio("oxkit-axum", "axum"),
            "x",
        ),
        Goal::at_most("straight on hyper, CPU over Go kit", 0.5, ratio("oxkit", GOKIT), "x"),
        Goal::at_most("idle connection over hyper's", 1.1, memory.ratio("oxkit", "hyper"), "x"),
    ];
    if let Some(counted) = instructions {
        let ratio = counted.ratio("oxkit", "hyper");
        report.notes.push(format!("Straight on hyper, instructions over bare hyper: {ratio:.3} x"));
    }
    report.noise = Some(cost.noise);
    Ok(report)
}

/// The servers that were asked for and that there are.
fn entries(options: &Options, report: &mut Report) -> Vec<Entry> {
    let mut entries: Vec<Entry> =
        SERVERS.iter().map(|server| Entry { name: server.name, what: server.what }).collect();
    match gokit::command() {
        Ok(_) => entries.push(Entry { name: GOKIT, what: "Go kit's HTTP transport, GOMAXPROCS=1" }),
        Err(error) => report.notes.push(gokit::left_out(&error)),
    }
    entries.retain(|entry| options.wants(entry.name));
    entries
}
