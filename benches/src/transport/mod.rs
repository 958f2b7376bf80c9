//! HTTP servers: what a request and an idle connection cost, ours against hyper, axum and Go kit.
//!
//! Bare, and with what a service in production has around its endpoints: a line of JSON for each
//! request, metrics, a rate limit, a breaker and a timeout.
//!
//! All servers run at once, each a process on the first core; one is loaded at a time, from the
//! second core, by the same 64 kept connections in a closed loop. What a request costs is the CPU
//! time of the server's process, user and system, over the requests that were answered: unlike
//! requests a second it does not depend on how much of the core the server was given.

mod arrivals;
mod cost;
mod fixed;
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
use cost::Cost;
use memory::Memory;
use servers::SERVERS;

pub use servers::serve;

/// The names of the peers that are not in this program.
const GOKIT: &str = "gokit";
const GOKIT_STACK: &str = "gokit-stack";

/// What everything is compared to.
const HYPER: &str = "hyper";

/// What the headline is about.
const STACK: &str = "oxkit-stack";

/// A server to be measured.
#[derive(Debug, Clone)]
struct Entry {
    name: &'static str,
    what: &'static str,
}

impl Entry {
    fn command(&self) -> io::Result<std::process::Command> {
        match self.name {
            GOKIT => gokit::command(),
            GOKIT_STACK => gokit::command().map(|mut command| {
                command.arg("stack");
                command
            }),
            name => process::rust(name),
        }
    }

    fn is_rust(&self) -> bool {
        SERVERS.iter().any(|server| server.name == self.name)
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
        "POST /uppercase {\"s\":\"hello\"} over kept connections; servers on one core, the load on \
         another.\nCPU is user and system time of the server over requests answered; x hyper is \
         taken within a round.\nWhole stack: a line of JSON to a sink, metrics for Prometheus, rate \
         limit, breaker, timeout."
            .to_owned(),
    );
    if !both_cores() {
        report.notes.push("There is one core only: servers and load share it.".to_owned());
    }
    let entries = entries(options, &mut report);

    let cost = saturated::measure(&entries, options)?;
    report.tables.push(("One core, saturated by 64 connections".to_owned(), cost.table()));
    let at_rate = fixed::measure(&entries, options)?;
    report.tables.push((
        format!("At {} requests/s over 16 connections, latency from when one was due", fixed::RATE),
        at_rate.table(),
    ));
    report.notes.push(format!(
        "At the fixed rate the load itself was late by {:.0} us at most in 99 of 100 requests.",
        at_rate.latest()
    ));
    let memory = memory::measure(&entries, options)?;
    report.tables.push(("Memory of 2,000 idle kept connections".to_owned(), memory.table()));
    report.goals = goals(&cost, &at_rate, &memory);
    if options.instructions {
        let counted = instructions::measure(&entries)?;
        report.tables.push((instructions::TITLE.to_owned(), counted.table()));
        report.goals.extend(counted.goals());
    }
    let mut noise = cost.noise;
    noise.add(at_rate.noise);
    report.noise = Some(noise);
    Ok(report)
}

fn goals(cost: &Cost, at_rate: &Cost, memory: &Memory) -> Vec<Goal> {
    let most = |what, limit, ratio: f64| Goal::at_most(what, limit, ratio, "x");
    let least = |what, limit, ratio: f64| Goal::at_least(what, limit, ratio, "x");
    let cpu = |of, to| cost.cpu(of, to).median();
    let rate = |of, to| cost.rate(of, to).median();
    vec![
        most("bare, straight on hyper: CPU over bare hyper", 1.06, cpu("oxkit", HYPER)),
        most("bare, mounted in axum: CPU over bare axum", 1.03, cpu("oxkit-axum", "axum")),
        most("bare, straight on hyper: CPU over Go kit", 0.5, cpu("oxkit", GOKIT)),
        most("whole stack: CPU over bare hyper", 1.15, cpu(STACK, HYPER)),
        least("whole stack: requests/s over bare axum", 1.0, rate(STACK, "axum")),
        least("whole stack: requests/s over axum with a stack", 2.0, rate(STACK, "axum-stack")),
        least("whole stack: requests/s over Go kit with a stack", 2.5, rate(STACK, GOKIT_STACK)),
        most("whole stack: p99 over bare hyper's", 1.1, at_rate.slow(STACK, HYPER).median()),
        most("idle connection over hyper's", 1.1, memory.ratio("oxkit", HYPER)),
    ]
}

/// Counts the user instructions of a request with the whole stack, and of bare hyper's. Quick, and
/// without noise: whether a change made requests dearer, on any machine.
///
/// # Errors
///
/// There is no valgrind, or a server does not start or answers wrongly.
pub fn gate() -> io::Result<Report> {
    let mut entries = rust_entries();
    entries.retain(|entry| [HYPER, "axum", "oxkit", STACK].contains(&entry.name));
    let counted = instructions::measure(&entries)?;
    let mut report = Report::new("gate");
    report.tables.push((instructions::TITLE.to_owned(), counted.table()));
    report.goals = counted.goals();
    Ok(report)
}

fn rust_entries() -> Vec<Entry> {
    SERVERS.iter().map(|server| Entry { name: server.name, what: server.what }).collect()
}

/// The servers that were asked for and that there are.
fn entries(options: &Options, report: &mut Report) -> Vec<Entry> {
    let mut entries = rust_entries();
    match gokit::command() {
        Ok(_) => entries.extend([
            Entry { name: GOKIT, what: "Go kit's HTTP transport, GOMAXPROCS=1" },
            Entry { name: GOKIT_STACK, what: "Go kit, whole stack, GOMAXPROCS=1" },
        ]),
        Err(error) => report.notes.push(gokit::left_out(&error)),
    }
    entries.retain(|entry| options.wants(entry.name));
    entries
}
