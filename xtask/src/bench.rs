//! `cargo xtask bench`: oxkit side by side with its peers.

use std::{
    ffi::OsString,
    process::{Command, ExitCode},
};

use lexopt::prelude::*;

use crate::{
    Result, Subcommand, install, print_help,
    steps::{self, Step},
    workspace::{Workspace, cargo},
};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "bench", help: HELP, run };

const HELP: &str = "\
Measures oxkit side by side with its peers and prints one table a benchmark.

Usage: cargo xtask bench [OPTIONS] [NAME...] [-- ARGS...]

  endpoint    chains of layers: time, allocations and size, against tower
  log         a line of log, against slog and tracing-subscriber
  transport   HTTP servers: CPU per request, against hyper, axum and Go kit
  weight      crates in the tree and size of the binary, against hyper and axum
  all         all of them, as without a name

Options:
      --quick   Fewer and shorter rounds: to see that it runs, not to quote
  -h, --help    Print this help; each benchmark has its own: cargo xtask bench NAME -- --help

What follows -- is handed to the benchmark. They are built with the release profile that users
get. Go and Go kit's source are installed for the transport benchmark, from Debian's packages
where they can be had; where not, it runs without that peer and says so.

Measure on a machine that does nothing else.
";

/// What is asked for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    names: Vec<String>,
    args: Vec<OsString>,
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let Some(options) = Options::parse(&mut args)? else {
        return Ok(print_help(HELP));
    };
    let workspace = Workspace::load()?;
    let asks_for_help = options.args.iter().any(|arg| arg == "--help" || arg == "-h");
    let mut go = None;
    if options.needs_go() && !asks_for_help {
        match install::go(&workspace.target) {
            Ok(found) => go = Some(found),
            Err(error) => println!("the Go peer is left out: {error}"),
        }
    }

    let steps = options.names.iter().map(|name| {
        let mut bench: Command = cargo();
        bench
            .current_dir(&workspace.root)
            .args(["run", "--release", "--locked", "-p", "oxkit-benches", "--", name])
            .args(&options.args);
        if let Some(go) = &go {
            bench.envs(go.environment());
        }
        Step::command(name.as_str(), bench)
    });
    let report = steps::run(steps.collect());
    if options.names.len() > 1 {
        report.summarise();
    }
    Ok(report.exit_code())
}

impl Options {
    /// `None` if the help is asked for.
    fn parse(args: &mut lexopt::Parser) -> Result<Option<Self>> {
        let mut options = Self::default();
        loop {
            // What follows `--` is the benchmark's, options included.
            if let Some(mut raw) = args.try_raw_args()
                && raw.next_if(|arg| arg == "--").is_some()
            {
                options.args.extend(raw);
                break;
            }
            match args.next()? {
                Some(Value(name)) => options.names.push(name.string()?),
                Some(Long("quick")) => options.args.push("--quick".into()),
                Some(Short('h') | Long("help")) => return Ok(None),
                Some(other) => return Err(other.unexpected().into()),
                None => break,
            }
        }
        if options.names.is_empty() {
            options.names.push("all".to_owned());
        }
        Ok(Some(options))
    }

    fn needs_go(&self) -> bool {
        self.names.iter().any(|name| name == "all" || name == "transport")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str], names: &[&str], passed_on: &[&str], needs_go: bool) {
        let mut parser = lexopt::Parser::from_args(args.iter().copied());
        let options = Options::parse(&mut parser).unwrap().unwrap();
        assert_eq!(options.names, names, "{args:?}");
        assert_eq!(options.args, passed_on, "{args:?}");
        assert_eq!(options.needs_go(), needs_go, "{args:?}");
    }

    #[test]
    fn names_and_arguments_reach_the_benchmarks() {
        check(&[], &["all"], &[], true);
        check(&["weight", "log"], &["weight", "log"], &[], false);
        check(&["transport", "--quick"], &["transport"], &["--quick"], true);
        check(&["log", "--", "--json", "x", "--help"], &["log"], &["--json", "x", "--help"], false);
        check(&["--", "--help"], &["all"], &["--help"], true);
    }
}
