//! Servers: what a request and an idle connection cost, ours against hyper, axum, tonic, grpc-go and
//! Go kit.
//!
//! Bare, and with what a service in production has around its endpoints: a line of JSON for each
//! request, metrics, a rate limit, a breaker and a timeout.
//!
//! All servers run at once, each a process on the first core; one is loaded at a time, from the
//! second core, by the same 64 kept connections in a closed loop. What a request costs is the CPU
//! time of the server's process, user and system, over the requests that were answered: unlike
//! requests a second it does not depend on how much of the core the server was given.

mod addsvc;
mod arrivals;
mod cost;
mod fixed;
mod grpc;
mod instructions;
mod load;
mod memory;
mod process;
mod protocol;
mod saturated;
mod servers;
mod wire;

use std::{
    io,
    process::{Command, Stdio},
};

use crate::{
    gokit,
    harness::{Goal, Noise, Options, Report, both_cores, instructions::valgrind},
};
use cost::Cost;
use memory::Memory;
use protocol::Protocol;
use servers::SERVERS;
use wire::{SUM, UPPERCASE};

pub use servers::serve;

/// The names of the peers that are not in this program.
const GOKIT: &str = "gokit";
const GOKIT_STACK: &str = "gokit-stack";
const GRPC_GO: &str = "grpc-go";
const GRPC_GOKIT: &str = "grpc-gokit";
const GRPC_GOKIT_STACK: &str = "grpc-gokit-stack";

/// What everything is compared to.
const HYPER: &str = "hyper";
const TONIC: &str = "grpc-tonic";

/// What the headline is about.
const STACK: &str = "oxkit-stack";
const ADDSVC: &str = "addsvc";
const AXUM_ADDSVC: &str = "axum-addsvc";
const GRPC_OXKIT: &str = "grpc-oxkit";
const GRPC_STACK: &str = "grpc-oxkit-stack";

/// What all but addsvc speak, if it is not gRPC.
const HTTP: Protocol = Protocol::Http(UPPERCASE);

/// What is in Go, what that is, and how the program is told so.
const IN_GO: [(&str, &str, Protocol, &[&str]); 5] = [
    (GOKIT, "Go kit's HTTP transport, GOMAXPROCS=1", HTTP, &[]),
    (GOKIT_STACK, "Go kit, whole stack, GOMAXPROCS=1", HTTP, &["stack"]),
    (GRPC_GO, "grpc-go, GOMAXPROCS=1", Protocol::Grpc, &["grpc", "bare"]),
    (GRPC_GOKIT, "Go kit's gRPC transport, GOMAXPROCS=1", Protocol::Grpc, &["grpc"]),
    (GRPC_GOKIT_STACK, "Go kit, whole stack, GOMAXPROCS=1", Protocol::Grpc, &["grpc", "stack"]),
];

/// A server to be measured.
#[derive(Debug, Clone)]
struct Entry {
    name: &'static str,
    what: &'static str,
    protocol: Protocol,
}

impl Entry {
    fn command(&self) -> io::Result<Command> {
        if self.name == ADDSVC {
            return addsvc::command();
        }
        match IN_GO.iter().find(|(name, ..)| *name == self.name) {
            Some((.., words)) => {
                let mut command = gokit::command()?;
                command.args(*words);
                Ok(command)
            }
            None => process::rust(self.name),
        }
    }

    /// Under valgrind, which counts its instructions, and does not run what is in Go.
    fn counted(&self) -> io::Result<Option<Command>> {
        if IN_GO.iter().any(|(name, ..)| *name == self.name) {
            return Ok(None);
        }
        let mut command = valgrind(&self.command()?);
        command.stderr(Stdio::null());
        Ok(Some(command))
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
        "HTTP: POST /uppercase {\"s\":\"hello\"}; gRPC: unary calls of a message of 12 bytes. Over \
         kept connections; servers on one core, the load on another.\nCPU is user and system time \
         of the server over requests answered; ratios are taken within a round.\nWhole stack: a \
         line of JSON to a sink, metrics for Prometheus, rate limit, breaker, timeout."
            .to_owned(),
    );
    if !both_cores() {
        report.notes.push("There is one core only: servers and load share it.".to_owned());
    }
    let entries = entries(options, &mut report);
    let of = |protocol| entries.iter().filter(move |entry| entry.protocol == protocol).cloned();
    let (http, grpc): (Vec<_>, Vec<_>) = (of(HTTP).collect(), of(Protocol::Grpc).collect());
    let mut adding: Vec<_> = of(Protocol::Http(SUM)).collect();
    let mut noise = Noise::default();
    if !http.is_empty() {
        over_http(&http, options, &mut report, &mut noise)?;
    }
    if !adding.is_empty() {
        // What it is compared with, whatever was asked for.
        adding.extend(rust_entries().into_iter().filter(|entry| entry.name == HYPER));
        addsvc::measure(&adding, options, &mut report, &mut noise)?;
    }
    if !grpc.is_empty() {
        over_grpc(&grpc, options, &mut report, &mut noise)?;
    }
    report.noise = Some(noise);
    Ok(report)
}

fn over_http(
    entries: &[Entry],
    options: &Options,
    report: &mut Report,
    noise: &mut Noise,
) -> io::Result<()> {
    let cost = saturated::measure(entries, options)?;
    report.tables.push(("One core, saturated by 64 connections".to_owned(), cost.table()));
    let at_rate = fixed::measure(entries, options)?;
    report.tables.push((
        format!("At {} requests/s over 16 connections, latency from when one was due", fixed::RATE),
        at_rate.table(),
    ));
    report.notes.push(format!(
        "At the fixed rate the load itself was late by {:.0} us at most in 99 of 100 requests.",
        at_rate.latest()
    ));
    let memory = memory::measure(entries, options)?;
    report.tables.push(("Memory of 2,000 idle kept connections".to_owned(), memory.table()));
    report.goals.extend(goals(&cost, &at_rate, &memory));
    if options.instructions {
        let counted = instructions::measure(entries)?;
        report.tables.push((instructions::TITLE.to_owned(), counted.table([HYPER, "axum"])));
        report.goals.extend(counted.goals());
    }
    noise.add(cost.noise);
    noise.add(at_rate.noise);
    Ok(())
}

fn over_grpc(
    entries: &[Entry],
    options: &Options,
    report: &mut Report,
    noise: &mut Noise,
) -> io::Result<()> {
    let mut measure = |shape: grpc::Shape| {
        let cost = grpc::measure(entries, shape, options)?;
        report.tables.push((format!("gRPC, one core, saturated by {}", shape.name), cost.table()));
        noise.add(cost.noise);
        io::Result::Ok(cost)
    };
    let many = measure(grpc::MANY_STREAMS)?;
    let one = measure(grpc::ONE_STREAM)?;
    report.goals.extend(grpc::goals(&many, &one));
    if options.instructions {
        let counted = instructions::measure(entries)?;
        let title = format!("gRPC: {}", instructions::TITLE);
        report.tables.push((title, counted.table([TONIC, GRPC_OXKIT])));
    }
    Ok(())
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
    report.tables.push((instructions::TITLE.to_owned(), counted.table([HYPER, "axum"])));
    report.goals = counted.goals();
    Ok(report)
}

fn rust_entries() -> Vec<Entry> {
    let entry = |server: &servers::Server| {
        let servers::Server { name, what, protocol, .. } = *server;
        Entry { name, what, protocol }
    };
    SERVERS.iter().map(entry).collect()
}

/// The servers that were asked for and that there are.
fn entries(options: &Options, report: &mut Report) -> Vec<Entry> {
    let mut entries = rust_entries();
    entries.push(addsvc::ENTRY);
    match gokit::command() {
        Ok(_) => {
            entries.extend(IN_GO.map(|(name, what, protocol, _)| Entry { name, what, protocol }));
        }
        Err(error) => report.notes.push(gokit::left_out(&error)),
    }
    entries.retain(|entry| options.wants(entry.name));
    entries
}
