//! `cargo xtask lint`: everything that can be checked without running the code.

use std::process::ExitCode;

use lexopt::prelude::*;

use crate::{
    Result, Subcommand, install, print_help,
    steps::{self, Step},
    tidy,
    workspace::{Workspace, cargo},
};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "lint", help: HELP, run };

const HELP: &str = "\
Checks everything that can be checked without running the code.

Usage: cargo xtask lint [OPTIONS]

  format    cargo fmt --check
  clippy    all packages, all targets, all features; warnings are errors
  docs      cargo doc, all features; warnings are errors
  deny      cargo-deny: licences, bans and sources, by deny.toml
  tidy      the house rules: see cargo xtask tidy --help

Options:
  -h, --help    Print this help

cargo-deny is installed if it is not there: about two minutes, once. Security advisories are not
checked, because their database is not part of the repository, and a new advisory is no fault of
the change at hand. Look now and then by hand: cargo deny check advisories.
";

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    match args.next()? {
        None => {}
        Some(Short('h') | Long("help")) => return Ok(print_help(HELP)),
        Some(other) => return Err(other.unexpected().into()),
    }
    let report = steps::run(everything(&Workspace::load()?));
    report.summarise();
    Ok(report.exit_code())
}

/// The steps of a full run; what is found fastest comes first.
pub(crate) fn everything(workspace: &Workspace) -> Vec<Step> {
    let mut format = cargo();
    format.args(["fmt", "--all", "--check"]);

    let mut clippy = cargo();
    clippy
        .args(["clippy", "--workspace", "--all-targets", "--all-features", "--locked"])
        .args(["--", "-D", "warnings"]);

    let mut docs = cargo();
    docs.args(["doc", "--workspace", "--no-deps", "--all-features", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings");

    let (root, target) = (workspace.root.clone(), workspace.target.clone());
    vec![
        Step::command("format", format),
        Step::call("tidy: the house rules", tidy::step),
        Step::command("clippy", clippy),
        Step::command("docs", docs),
        Step::call("cargo-deny: licences, bans, sources", move || {
            let mut deny = install::cargo_deny(&target)?;
            deny.current_dir(root)
                .args(["--locked", "--workspace", "--all-features"])
                .args(["check", "bans", "licenses", "sources"]);
            steps::succeed(&mut deny)
        }),
    ]
}
