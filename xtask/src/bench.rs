//! `cargo xtask bench`: oxkit side by side with its peers.

use std::{ffi::OsString, process::ExitCode};

use crate::{
    Result, Subcommand,
    disk::Disk,
    install, print_help,
    steps::{self, Step},
    workspace::{Workspace, cargo},
};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "bench", help: HELP, run };

const HELP: &str = "\
Measures oxkit side by side with its peers and prints one table a benchmark.

Usage: cargo xtask bench [NAME...] [OPTIONS]

  circuitbreaker
              a call through a closed breaker by one thread and by two, against recloser
  endpoint    chains of layers: time, allocations and size, against tower
  log         a line of log, against slog and tracing-subscriber
  metrics     an observation of a metric by one thread and by two, against prometheus
  ratelimit   a rate limiter's check by one thread and by two, against governor
  stack       the usual middlewares around an endpoint, against tower and Go kit
  transport   HTTP and gRPC servers: CPU per request, against hyper, axum, tonic, grpc-go and Go
              kit; those of gRPC alone with --only grpc, the example addsvc with --only addsvc
  weight      crates in the tree and size of the binary, against hyper and axum
  all         all of them, as without a name
  gate        instructions of a request with a whole stack, against hyper: a minute, no noise, and
              the command fails if there are too many

Options:
      --quick    Fewer and shorter rounds: to see that it runs, not to quote
      --options  Print the other options, which are the benchmarks' own
  -h, --help     Print this help

Everything but --help is handed to the benchmarks, which are built with the release profile that
users get. For the benchmarks stack and transport Go and Go kit's source are installed from
Debian's packages, and GOROOT, GOPATH and PATH tell them where; on a system where that cannot be
done they run without this peer and say so. valgrind, for gate and --instructions, is installed
the same way unless it is on the PATH.

Measure on a machine that does nothing else.
";

/// The benchmarks there are, and last what is no benchmark of its own.
const NAMES: [&str; 10] = [
    "circuitbreaker",
    "endpoint",
    "log",
    "metrics",
    "ratelimit",
    "stack",
    "transport",
    "weight",
    "all",
    "gate",
];

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let given: Vec<_> = args.raw_args()?.collect();
    if given.iter().any(|arg| arg == "-h" || arg == "--help") {
        return Ok(print_help(HELP));
    }
    known(&given)?;
    let args = arguments(given);
    let workspace = Workspace::load()?;
    let mut bench = cargo();
    bench.args(["run", "--release", "--locked", "-p", "oxkit-benches", "--"]).args(&args);
    if needs_valgrind(&args) {
        bench.envs(install::valgrind(&workspace.target)?);
    }
    if needs_go(&args) {
        match install::go() {
            Ok(go) => {
                bench.envs(go.environment());
            }
            Err(error) => println!("the Go peer is left out: {error}"),
        }
    }
    let report = steps::run(vec![Step::command("bench", bench)], &Disk::of(&workspace));
    report.explain();
    Ok(report.exit_code())
}

/// Refuses a benchmark that there is not, which they themselves would say only once they are built.
fn known(given: &[OsString]) -> Result<(), lexopt::Error> {
    let mut given = given.iter();
    while let Some(arg) = given.next() {
        // The two options that have a value.
        if arg == "--only" || arg == "--json" {
            given.next();
        } else if !arg.to_string_lossy().starts_with('-') && NAMES.iter().all(|name| arg != name) {
            let arg = arg.display();
            return Err(
                format!("there is no benchmark '{arg}'; there are {}", NAMES.join(", ")).into()
            );
        }
    }
    Ok(())
}

/// What the benchmarks are told.
fn arguments(given: Vec<OsString>) -> Vec<OsString> {
    if given.iter().any(|arg| arg == "--options") {
        return vec!["--help".into()];
    }
    let named = given.iter().any(|arg| NAMES.iter().any(|name| arg == name));
    let all = (!named).then(|| "all".into());
    all.into_iter().chain(given).collect()
}

fn needs_go(args: &[OsString]) -> bool {
    args.iter().any(|arg| arg == "all" || arg == "stack" || arg == "transport")
}

fn needs_valgrind(args: &[OsString]) -> bool {
    args.iter().any(|arg| arg == "gate" || arg == "--instructions")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &[&str], told: &[&str], go: bool) {
        let args = arguments(given.iter().map(OsString::from).collect());
        assert_eq!(args, told, "{given:?}");
        assert_eq!(needs_go(&args), go, "{given:?}");
    }

    #[test]
    fn the_benchmarks_are_told_what_was_said_and_all_if_none_was_named() {
        check(&[], &["all"], true);
        check(&["--quick"], &["all", "--quick"], true);
        check(&["transport", "--quick"], &["transport", "--quick"], true);
        check(&["log", "stack"], &["log", "stack"], true);
        check(&["gate"], &["gate"], false);
        check(&["weight", "log", "--json", "x"], &["weight", "log", "--json", "x"], false);
        check(&["log", "--options"], &["--help"], false);
    }

    #[test]
    fn a_benchmark_that_there_is_not_is_told_before_anything_is_built() {
        let known = |given: &[&str]| known(&given.iter().map(OsString::from).collect::<Vec<_>>());
        for given in [&["stack", "log"][..], &["log", "--only", "x", "--json", "y"], &["--only=x"]]
        {
            assert!(known(given).is_ok(), "{given:?}");
        }
        let error = known(&["log", "wieght"]).unwrap_err().to_string();
        assert!(error.contains("'wieght'") && error.contains("weight"), "{error}");
    }

    #[test]
    fn what_counts_instructions_needs_valgrind_and_nothing_else_does() {
        let needs =
            |given: &[&str]| needs_valgrind(&given.iter().map(OsString::from).collect::<Vec<_>>());
        assert!(needs(&["gate"]));
        assert!(needs(&["log", "--instructions"]));
        assert!(!needs(&["all", "--quick"]));
    }
}
