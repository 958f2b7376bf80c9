//! addsvc, the project's own example, as its users run it: with everything on.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{
    ADDSVC, AXUM_ADDSVC, Entry, HYPER, instructions, protocol::Protocol, saturated, wire::SUM,
};
use crate::harness::{Goal, Noise, Options, Report};

/// With what its line about HTTP begins, before the address.
pub(super) const LISTENS: &str = "addsvc: HTTP listens on http://";

/// It, as one of the servers.
pub(super) const ENTRY: Entry =
    Entry { name: ADDSVC, what: "addsvc, everything on", protocol: Protocol::Http(SUM) };

/// The program, built if need be, on free ports.
///
/// Its limit on calls is there and lets all of them pass; somebody listens to spans, and no trace is
/// sampled: of the usual one in a hundred, the other 99. Lines of JSON go nowhere.
pub(super) fn command() -> io::Result<Command> {
    let mut command = Command::new(build()?);
    for port in ["--debug", "--http", "--grpc", "--jsonrpc"] {
        command.args([port, "127.0.0.1:0"]);
    }
    command.args(["--log-format", "json", "--sum-limit", "1000000000:4294967295"]);
    // Nobody is there, and nothing is sent.
    command.args(["--otlp", "127.0.0.1:9", "--ratio", "0"]);
    command.stderr(Stdio::null());
    Ok(command)
}

/// With the profile that users get, beside what this program was built into.
fn build() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "addsvc",
            "--bin",
            "addsvc",
        ])
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()?;
    if status.success() {
        Ok(target.join("release/addsvc"))
    } else {
        Err(io::Error::other("addsvc cannot be built"))
    }
}

/// Measures it, beside axum with the same JSON and nothing around it, and bare hyper.
pub(super) fn measure(
    entries: &[Entry],
    options: &Options,
    report: &mut Report,
    noise: &mut Noise,
) -> io::Result<()> {
    let cost = saturated::measure(entries, options)?;
    let title = "addsvc, everything on: one core, saturated by 64 connections";
    report.tables.push((title.to_owned(), cost.table()));
    let (rate, cpu) = (cost.rate(ADDSVC, AXUM_ADDSVC), cost.cpu(ADDSVC, HYPER));
    report.goals.extend([
        Goal::at_least("addsvc: requests/s over bare axum", 1.0, rate.median(), "x"),
        Goal::at_most("addsvc: CPU over bare hyper", 1.15, cpu.median(), "x"),
    ]);
    if options.instructions {
        let counted = instructions::measure(entries)?;
        let title = format!("addsvc: {}", instructions::TITLE);
        report.tables.push((title, counted.table([HYPER, AXUM_ADDSVC])));
    }
    noise.add(cost.noise);
    Ok(())
}
