//! `cargo xtask servers`: the real servers that tests speak to.

use std::process::ExitCode;

use lexopt::prelude::*;
use testing_servers::{RECIPES, Recipe};

use crate::{
    Result, Subcommand,
    install::{self, Had},
    print_help,
};

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "servers", help: HELP, run };

const HELP: &str = "\
Installs, starts and stops the real servers that tests speak to.

Usage: cargo xtask servers install [NAME...] [OPTIONS]

Options:
  -h, --help    Print this help
";

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut names = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Short('h') | Long("help") => return Ok(print_help(HELP)),
            Value(name) => names.push(name.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let mut code = ExitCode::SUCCESS;
    for recipe in
        RECIPES.iter().filter(|r| names.len() < 2 || names.iter().any(|n| n == r.set.name))
    {
        match install(recipe) {
            Ok(Had::Own(file)) => println!("{}: {file}", recipe.set.name),
            Ok(Had::Installed(folder)) => println!("{}: {folder}", recipe.set.name),
            Err(error) => {
                println!("{}: cannot be had: {error}", recipe.set.name);
                code = ExitCode::FAILURE;
            }
        }
    }
    Ok(code)
}

fn install(recipe: &Recipe) -> Result<Had> {
    install::server(&recipe.set, &testing_servers::place())
}
