//! `cargo xtask test`: all tests of all crates, together and each alone.

use std::process::{Command, ExitCode};

use lexopt::prelude::*;

use crate::{
    Result, Subcommand, print_help,
    steps::{self, Step},
    workspace::{Package, Workspace, cargo},
};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "test", help: HELP, run };

const HELP: &str = "\
Runs all tests: unit, integration and documentation tests, and the tests of the examples, which
start them as a user would.

Usage: cargo xtask test [OPTIONS]

First all packages with all features, built together; then each crate, example and the benchmark
package alone with its default features, so that none lives on a feature another one switches on;
and each crate is checked to compile without its default features.

Options:
  -p, --package NAME   This package only; may be given several times
      --together       Leave out the runs of each crate alone: quicker, for the desk
  -h, --help           Print this help

The last line is `N passed, N failed`, summed over all runs; a run that did not get as far as its
tests counts as one failure.
";

/// What is asked for.
#[derive(Debug, Default)]
struct Options {
    packages: Vec<String>,
    together: bool,
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Short('p') | Long("package") => options.packages.push(args.value()?.string()?),
            Long("together") => options.together = true,
            Short('h') | Long("help") => return Ok(print_help(HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    let report = steps::run(plan(&Workspace::load()?, &options)?);
    report.summarise();
    report.close();
    Ok(report.exit_code())
}

/// The steps of a full run.
pub(crate) fn everything(workspace: &Workspace) -> Result<Vec<Step>> {
    plan(workspace, &Options::default())
}

/// The package whose peers make it too heavy for the build of all packages together.
const BENCHES: &str = "oxkit-benches";

fn plan(workspace: &Workspace, options: &Options) -> Result<Vec<Step>> {
    let chosen = choose(workspace, &options.packages)?;
    let mut steps = Vec::new();

    let mut together = test();
    together.arg("--all-features");
    if options.packages.is_empty() {
        together.args(["--workspace", "--exclude", BENCHES]);
        steps.push(Step::tests("all packages, all features", together));
    } else if chosen.iter().any(|package| package.name != BENCHES) {
        for package in chosen.iter().filter(|package| package.name != BENCHES) {
            together.args(["-p", &package.name]);
        }
        steps.push(Step::tests("all features", together));
    }

    for package in &chosen {
        let asked_for = package.name == BENCHES || !options.together;
        // The other packages have no features and nothing to be alone with.
        let has_a_run = package.is_library() || package.is_example() || package.name == BENCHES;
        if asked_for && has_a_run {
            let mut alone = test();
            alone.args(["-p", &package.name]);
            steps.push(Step::tests(format!("{} alone", package.name), alone));
        }
    }
    if !options.together {
        for package in chosen.iter().filter(|package| package.is_library()) {
            let mut bare = cargo();
            bare.args(["check", "--locked", "--no-default-features", "-p", &package.name]);
            steps.push(Step::command(format!("{} without features", package.name), bare));
        }
    }
    Ok(steps)
}

fn choose<'a>(workspace: &'a Workspace, names: &[String]) -> Result<Vec<&'a Package>> {
    if names.is_empty() {
        return Ok(workspace.packages.iter().collect());
    }
    names
        .iter()
        .map(|name| {
            workspace.packages.iter().find(|package| package.name == *name).ok_or_else(|| {
                let known: Vec<_> = workspace.packages.iter().map(|p| p.name.as_str()).collect();
                format!("there is no package '{name}'; there are {}", known.join(", ")).into()
            })
        })
        .collect()
}

fn test() -> Command {
    let mut command = cargo();
    command.args(["test", "--locked", "--no-fail-fast"]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> Workspace {
        let package = |folder: &str, name: &str| Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            ..Package::default()
        };
        Workspace {
            root: "root".into(),
            target: "target".into(),
            packages: vec![
                package("benches", BENCHES),
                package("crates/core", "oxkit-core"),
                package("crates/log", "oxkit-log"),
                package("examples/todosvc", "todosvc"),
                package("xtask", "xtask"),
            ],
        }
    }

    fn check(packages: &[&str], together: bool, expected: &[&str]) {
        let packages = packages.iter().map(|&name| name.to_owned()).collect();
        let steps = plan(&workspace(), &Options { packages, together }).unwrap();
        let titles: Vec<_> = steps.iter().map(Step::title).collect();
        assert_eq!(titles, expected);
    }

    #[test]
    fn every_package_is_tested_together_and_alone() {
        check(
            &[],
            false,
            &[
                "all packages, all features",
                "oxkit-benches alone",
                "oxkit-core alone",
                "oxkit-log alone",
                "todosvc alone",
                "oxkit-core without features",
                "oxkit-log without features",
            ],
        );
    }

    #[test]
    fn a_package_can_be_tested_by_itself() {
        check(
            &["oxkit-log"],
            false,
            &["all features", "oxkit-log alone", "oxkit-log without features"],
        );
        check(&["xtask"], false, &["all features"]);
        check(&[BENCHES], true, &["oxkit-benches alone"]);
    }

    #[test]
    fn together_leaves_out_only_what_was_tested_already() {
        check(&[], true, &["all packages, all features", "oxkit-benches alone"]);
    }

    #[test]
    fn an_unknown_package_is_named_with_those_there_are() {
        let error = choose(&workspace(), &["oxkit-lgo".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("oxkit-lgo") && error.contains("oxkit-log"), "{error}");
    }
}
