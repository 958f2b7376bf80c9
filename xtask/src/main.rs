//! The project's own commands: `cargo xtask --help` lists them.
//!
//! A plain program, so that what continuous integration does and what a person does at their desk
//! are the same code, on every system Rust runs on.

mod bench;
mod ci;
mod disk;
mod install;
mod lint;
mod servers;
mod setup;
mod steps;
mod tally;
mod test;
mod tidy;
mod workspace;

use std::{error::Error, process::ExitCode};

use disk::Disk;
use lexopt::prelude::*;
use workspace::Workspace;

/// Whatever keeps a command from doing its work; the text is for the person who ran it.
type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

/// One command of the program.
struct Subcommand {
    name: &'static str,
    help: &'static str,
    run: fn(lexopt::Parser) -> Result<ExitCode>,
}

const SUBCOMMANDS: [Subcommand; 7] = [
    test::SUBCOMMAND,
    lint::SUBCOMMAND,
    tidy::SUBCOMMAND,
    servers::SUBCOMMAND,
    bench::SUBCOMMAND,
    ci::SUBCOMMAND,
    setup::SUBCOMMAND,
];

const HELP: &str = "\
The commands of the oxkit project.

Usage: cargo xtask COMMAND [OPTIONS]

Commands:
  test     Run all tests: all features together, then each crate alone
  lint     Check format, clippy, docs, dependencies and house rules
  tidy     Check the house rules alone: a second or two
  servers  Install, start and stop the real servers that tests speak to
  bench    Measure oxkit side by side with its peers
  ci       lint, then test: what a change must pass
  setup    Install beforehand what lint and bench would install when they need it
  help     Print the help of a command

Options:
  -h, --help    Print this help; after a command, the help of that command

What a command needs besides a Rust toolchain and a C compiler it installs by itself, into the
folder oxkit-tools of cargo's target folder, servers into target/servers. Nothing else is changed.

Exit codes: 0 if all is well, 1 if something failed or was found, 2 if the arguments are wrong.
";

fn main() -> ExitCode {
    match dispatch(lexopt::Parser::from_env()) {
        Ok(code) => code,
        Err(error) if error.is::<lexopt::Error>() => {
            eprintln!("error: {error} (cargo xtask --help tells what can be said)");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("error: {error}");
            if disk::says_full(&error.to_string())
                && let Ok(workspace) = Workspace::load()
            {
                eprintln!("the disk is full: {}", Disk::of(&workspace).advice());
            }
            ExitCode::FAILURE
        }
    }
}

fn dispatch(mut args: lexopt::Parser) -> Result<ExitCode> {
    let named = match args.next()? {
        Some(Short('h') | Long("help")) => return Ok(print_help(HELP)),
        Some(Value(name)) => name.string()?,
        Some(other) => return Err(other.unexpected().into()),
        None => {
            eprint!("{HELP}");
            return Ok(ExitCode::from(2));
        }
    };
    if named == "help" {
        let help = match args.next()? {
            Some(Value(name)) => find(&name.string()?)?.help,
            Some(other) => return Err(other.unexpected().into()),
            None => HELP,
        };
        return Ok(print_help(help));
    }
    (find(&named)?.run)(args)
}

fn find(name: &str) -> Result<&'static Subcommand> {
    SUBCOMMANDS
        .iter()
        .find(|command| command.name == name)
        .ok_or_else(|| lexopt::Error::from(format!("no command is called '{name}'")).into())
}

fn print_help(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(args: &[&str]) -> Result<ExitCode> {
        dispatch(lexopt::Parser::from_args(args.iter().copied()))
    }

    #[test]
    fn every_command_is_listed_and_explains_itself() {
        for Subcommand { name, help, .. } in SUBCOMMANDS {
            assert!(HELP.contains(&format!("\n  {name} ")), "{name} is not listed");
            assert!(help.contains(&format!("Usage: cargo xtask {name}")), "{name}");
            assert!(help.contains("--help"), "{name}");
            for ask in [&[name, "--help"][..], &[name, "-h"], &["help", name]] {
                assert_eq!(code(ask).unwrap(), ExitCode::SUCCESS, "{ask:?}");
            }
        }
    }

    #[test]
    fn wrong_arguments_are_told_apart_from_failures() {
        for wrong in [&["tset"][..], &["--quick"], &["help", "tset"]] {
            assert!(code(wrong).unwrap_err().is::<lexopt::Error>(), "{wrong:?}");
        }
        // What bench does not know is for the benchmarks to judge.
        for Subcommand { name, .. } in SUBCOMMANDS.iter().filter(|command| command.name != "bench")
        {
            let error = code(&[name, "--no-such-option"]).unwrap_err();
            assert!(error.is::<lexopt::Error>(), "{name}: {error}");
        }
    }
}
