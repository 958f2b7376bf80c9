//! `cargo xtask ci`: what a change must pass.

use std::process::ExitCode;

use lexopt::prelude::*;

use crate::{Result, Subcommand, disk::Disk, lint, print_help, steps, test, workspace::Workspace};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "ci", help: HELP, run };

const HELP: &str = "\
Runs lint, then test, whole: what a change must pass. A failure in one keeps none of the others
from running.

Usage: cargo xtask ci [OPTIONS]

Options:
  -h, --help    Print this help

The last line is `N passed, N failed`, as that of cargo xtask test.
";

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    match args.next()? {
        None => {}
        Some(Short('h') | Long("help")) => return Ok(print_help(HELP)),
        Some(other) => return Err(other.unexpected().into()),
    }
    let workspace = Workspace::load()?;
    let mut plan = lint::everything(&workspace);
    plan.extend(test::everything(&workspace)?);
    let disk = Disk::of(&workspace);
    disk.warn();
    let report = steps::run(plan, &disk);
    report.summarise();
    report.close();
    Ok(report.exit_code())
}
