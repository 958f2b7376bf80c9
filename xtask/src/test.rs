//! `cargo xtask test`: all tests of all crates, together and each alone, against real servers.

use std::process::{Command, ExitCode};

use lexopt::prelude::*;

use crate::{
    Result, Subcommand,
    disk::Disk,
    print_help,
    servers::{self, Choice},
    steps::{self, Step},
    workspace::{Package, Workspace, cargo},
};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "test", help: HELP, run };

const HELP: &str = "\
Runs all tests: unit, integration and documentation tests, and the tests of the examples, which
start them as a user would.

Usage: cargo xtask test [OPTIONS]

First the servers that the tests speak to are installed where they are missing: see cargo xtask
servers --help. Then all packages are tested with all features, built together; then each crate,
example and the benchmark package alone with its default features, so that none lives on a feature
another one switches on; each crate is checked to compile without its default features; and loom
tries the interleavings of threads in those crates that have models for it.

Options:
  -p, --package NAME   This package only; may be given several times
      --together       Leave out the runs of each crate alone: quicker, for the desk
      --without NAME   Leave out the tests that need this server, and say so at the end; may be
                       given several times
  -h, --help           Print this help

On a fresh clone all of it takes about 9 GB in cargo's target folder and 1.5 GB in target/servers. If
there is less room a warning comes first, and if something failed for it, a line before the last.

A server that cannot be had makes the tests that need it fail, each with a line that says what to do.
The last line is `N passed, N failed`, summed over all runs; a run that did not get as far as its
tests counts as one failure.
";

/// What is asked for.
#[derive(Debug, Default)]
struct Options {
    packages: Vec<String>,
    together: bool,
    servers: Choice,
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut options = Options::default();
    while let Some(arg) = args.next()? {
        match arg {
            Short('p') | Long("package") => options.packages.push(args.value()?.string()?),
            Long("together") => options.together = true,
            Long("without") => options.servers.without(&args.value()?.string()?)?,
            Short('h') | Long("help") => return Ok(print_help(HELP)),
            other => return Err(other.unexpected().into()),
        }
    }
    let workspace = Workspace::load()?;
    let disk = Disk::of(&workspace);
    let steps = plan(&workspace, &options)?;
    if options.packages.is_empty() {
        disk.warn();
    }
    let report = steps::run(steps, &disk);
    report.summarise();
    let left_out = options.servers.left_out();
    if !left_out.is_empty() {
        println!("\nleft out: tests that need {}", left_out.join(", "));
    }
    report.close();
    Ok(report.exit_code())
}

/// The steps of a full run.
pub(crate) fn everything(workspace: &Workspace) -> Result<Vec<Step>> {
    plan(workspace, &Options::default())
}

/// The package whose peers make it too heavy for the build of all packages together.
const BENCHES: &str = "oxkit-benches";

/// The package that starts servers; who has tests that need some depends on it.
const SERVERS: &str = "testing-servers";

/// The model checker; who has models for it depends on it.
const LOOM: &str = "loom";

fn plan(workspace: &Workspace, options: &Options) -> Result<Vec<Step>> {
    let chosen = choose(workspace, &options.packages)?;
    let test = |args: &[&str]| test(args, &options.servers);
    let mut steps = Vec::new();

    if chosen.iter().any(|package| package.name == SERVERS || package.tests_with(SERVERS)) {
        let servers = options.servers.clone();
        steps.push(Step::call("servers", move || servers::install(&servers)));
    }

    let mut together = vec!["--all-features"];
    if options.packages.is_empty() {
        together.extend(["--workspace", "--exclude", BENCHES]);
        steps.push(Step::tests("all packages, all features", test(&together)));
    } else if chosen.iter().any(|package| package.name != BENCHES) {
        for package in chosen.iter().filter(|package| package.name != BENCHES) {
            together.extend(["-p", &package.name]);
        }
        steps.push(Step::tests("all features", test(&together)));
    }

    for package in &chosen {
        let asked_for = package.name == BENCHES || !options.together;
        // The other packages have no features and nothing to be alone with.
        let has_a_run = package.is_library() || package.is_example() || package.name == BENCHES;
        if asked_for && has_a_run {
            let alone = test(&["-p", &package.name]);
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
    steps.extend(models(workspace, &chosen));
    Ok(steps)
}

/// The run of the model checker, which replaces the atomics and locks of the crates it runs.
fn models(workspace: &Workspace, chosen: &[&Package]) -> Option<Step> {
    let modelled: Vec<_> = chosen.iter().filter(|package| package.tests_with(LOOM)).collect();
    if modelled.is_empty() {
        return None;
    }
    let mut command = cargo();
    // Optimised: it runs each model tens of thousands of times.
    command.args(["test", "--release", "--lib", "--locked", "--no-fail-fast"]);
    for package in modelled {
        command.args(["-p", &package.name]);
    }
    // Flags change every dependency: in the common folder the two kinds of build would take turns
    // in throwing each other's work away.
    command.env("RUSTFLAGS", "--cfg loom").arg("--target-dir").arg(workspace.target.join("loom"));
    Some(Step::tests("models of shared state", command))
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

/// A run of tests, without those that need a server that is left out.
fn test(args: &[&str], servers: &Choice) -> Command {
    let mut command = cargo();
    command.args(["test", "--locked", "--no-fail-fast"]).args(args);
    let skips = servers.skips();
    if !skips.is_empty() {
        command.arg("--").args(skips);
    }
    command
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;
    use crate::workspace::Dependency;

    fn for_tests(name: &str) -> Dependency {
        let name = name.to_owned();
        Dependency { name, shipped: false, default_features: false, local: false }
    }

    fn workspace() -> Workspace {
        let package = |folder: &str, name: &str, dependencies: &[&str]| Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            dependencies: dependencies.iter().map(|name| for_tests(name)).collect(),
            ..Package::default()
        };
        Workspace {
            root: "root".into(),
            target: "target".into(),
            packages: vec![
                package("benches", BENCHES, &[]),
                package("crates/core", "oxkit-core", &[]),
                package("crates/metrics", "oxkit-metrics", &[SERVERS]),
                package("crates/ratelimit", "oxkit-ratelimit", &[LOOM]),
                package("examples/todosvc", "todosvc", &[]),
                package("testing/servers", SERVERS, &[]),
                package("xtask", "xtask", &[]),
            ],
        }
    }

    fn check(packages: &[&str], together: bool, expected: &[&str]) {
        let packages = packages.iter().map(|&name| name.to_owned()).collect();
        let steps = plan(&workspace(), &Options { packages, together, servers: Choice::default() })
            .unwrap();
        let titles: Vec<_> = steps.iter().map(Step::title).collect();
        assert_eq!(titles, expected);
    }

    #[test]
    fn every_package_is_tested_together_and_alone() {
        check(
            &[],
            false,
            &[
                "servers",
                "all packages, all features",
                "oxkit-benches alone",
                "oxkit-core alone",
                "oxkit-metrics alone",
                "oxkit-ratelimit alone",
                "todosvc alone",
                "oxkit-core without features",
                "oxkit-metrics without features",
                "oxkit-ratelimit without features",
                "models of shared state",
            ],
        );
    }

    #[test]
    fn a_package_can_be_tested_by_itself() {
        check(
            &["oxkit-core"],
            false,
            &["all features", "oxkit-core alone", "oxkit-core without features"],
        );
        check(&["xtask"], false, &["all features"]);
        check(&[BENCHES], true, &["oxkit-benches alone"]);
    }

    #[test]
    fn servers_and_models_come_with_the_packages_that_need_them() {
        check(&["oxkit-metrics"], true, &["servers", "all features"]);
        check(&[SERVERS], true, &["servers", "all features"]);
        check(&["oxkit-ratelimit"], true, &["all features", "models of shared state"]);
    }

    #[test]
    fn together_leaves_out_only_what_was_tested_already() {
        check(
            &[],
            true,
            &[
                "servers",
                "all packages, all features",
                "oxkit-benches alone",
                "models of shared state",
            ],
        );
    }

    #[test]
    fn the_tests_that_need_a_server_that_is_left_out_are_skipped() {
        let mut servers = Choice::default();
        let last = |servers: &Choice| {
            let command = test(&["-p", "oxkit-metrics"], servers);
            let args: Vec<_> = command.get_args().map(OsStr::to_owned).collect();
            args[args.len() - 3..].to_vec()
        };
        assert_eq!(last(&servers), ["--no-fail-fast", "-p", "oxkit-metrics"]);
        servers.without("redis").unwrap();
        assert_eq!(last(&servers), ["--", "--skip", "with_redis::"]);
    }

    #[test]
    fn an_unknown_package_is_named_with_those_there_are() {
        let error = choose(&workspace(), &["oxkit-lgo".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("oxkit-lgo") && error.contains("oxkit-core"), "{error}");
    }
}
