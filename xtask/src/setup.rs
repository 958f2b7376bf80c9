//! `cargo xtask setup`: installs beforehand what other commands install when they need it.

use std::process::ExitCode;

use lexopt::prelude::*;

use crate::{Result, Subcommand, install, print_help, workspace::Workspace};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "setup", help: HELP, run };

const HELP: &str = "\
Installs beforehand what other commands install when they need it, and tells where it lies.

Usage: cargo xtask setup [OPTIONS]

  cargo-deny   for lint; built from source unless the right version is on the PATH
  Go, Go kit   for the Go peers of bench and of the tests; Debian's packages, unpacked and not
               installed

The first goes into the folder oxkit-tools of cargo's target folder, the second to the servers of
the tests, into target/servers; removing them uninstalls it. Nothing else is changed.

Options:
  -h, --help    Print this help

Environment:
  OXKIT_SERVERS_CACHE   A folder with Debian packages (.deb), looked at before the network
";

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    match args.next()? {
        None => {}
        Some(Short('h') | Long("help")) => return Ok(print_help(HELP)),
        Some(other) => return Err(other.unexpected().into()),
    }
    let target = Workspace::load()?.target;
    let deny = install::cargo_deny(&target).map(|command| command.get_program().to_owned());
    let go = install::go().map(|go| go.root().as_os_str().to_owned());
    let mut code = ExitCode::SUCCESS;
    for (name, found) in [("cargo-deny", deny), ("Go and Go kit", go)] {
        match found {
            Ok(place) => println!("{name}: {}", place.display()),
            Err(error) => {
                println!("{name}: cannot be had: {error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}
