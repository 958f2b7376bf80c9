//! `cargo xtask lint`: everything that can be checked without running the code.

use std::process::{Command, ExitCode};

use lexopt::prelude::*;

use crate::{
    Result, Subcommand,
    disk::Disk,
    install, print_help,
    steps::{self, Step},
    tidy,
    workspace::{Package, Workspace, cargo},
};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "lint", help: HELP, run };

const HELP: &str = "\
Checks everything that can be checked without running the code.

Usage: cargo xtask lint [OPTIONS]

  format    cargo fmt --check
  clippy    all packages, all targets, all features; warnings are errors
  features  clippy on each crate with its default features, and with each feature alone
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
    let workspace = Workspace::load()?;
    let report = steps::run(everything(&workspace), &Disk::of(&workspace));
    report.summarise();
    Ok(report.exit_code())
}

/// The steps of a full run; what is found fastest comes first.
pub(crate) fn everything(workspace: &Workspace) -> Vec<Step> {
    let mut format = cargo();
    format.args(["fmt", "--all", "--check"]);

    let together = clippy(&["--keep-going", "--workspace", "--all-targets", "--all-features"]);

    let mut docs = cargo();
    docs.args(["doc", "--locked", "--keep-going", "--workspace", "--no-deps", "--all-features"])
        .env("RUSTDOCFLAGS", "-D warnings");

    let (root, target) = (workspace.root.clone(), workspace.target.clone());
    let deny = move || {
        let mut deny = install::cargo_deny(&target)?;
        deny.current_dir(root)
            .args(["--locked", "--workspace", "--all-features"])
            .args(["check", "bans", "licenses", "sources"]);
        steps::succeed(&mut deny)
    };

    let mut steps = vec![
        Step::command("format", format),
        Step::call("tidy: the house rules", tidy::step),
        Step::command("clippy", together),
        Step::command("docs", docs),
    ];
    steps.extend(workspace.libraries().flat_map(features));
    steps.push(Step::call("cargo-deny: licences, bans, sources", deny));
    steps
}

/// A crate in every shape a user may choose first: a feature must not lean on another one that
/// the build of all features together happens to switch on.
fn features(package: &Package) -> Vec<Step> {
    let name = &package.name;
    let step = |shape: &str, args: &[&str]| {
        let mut all = vec!["-p", name];
        all.extend(args);
        Step::command(format!("{name} with {shape}"), clippy(&all))
    };
    let mut steps = vec![step("its default features", &[])];
    for feature in &package.features {
        let args = ["--no-default-features", "--features", feature];
        steps.push(step(&format!("{feature} alone"), &args));
    }
    steps
}

fn clippy(args: &[&str]) -> Command {
    let mut command = cargo();
    command.args(["clippy", "--locked"]).args(args).args(["--", "-D", "warnings"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_feature_of_a_crate_is_checked_without_the_others() {
        let package = Package {
            name: "oxkit-log".to_owned(),
            folder: "crates/log".to_owned(),
            features: vec!["log".to_owned(), "tracing".to_owned()],
            ..Package::default()
        };
        let steps = features(&package);
        let titles: Vec<_> = steps.iter().map(Step::title).collect();
        assert_eq!(
            titles,
            [
                "oxkit-log with its default features",
                "oxkit-log with log alone",
                "oxkit-log with tracing alone"
            ]
        );
    }
}
