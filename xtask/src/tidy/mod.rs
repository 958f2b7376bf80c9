//! `cargo xtask tidy`: the house rules that no compiler checks.
//!
//! Each rule is a function from data to violations, so that its tests can show it good and bad
//! samples; this module reads the data and prints what comes back.

mod dependencies;
mod documents;
mod files;
mod manifest;
mod rust;
mod text;

use std::{fmt, process::ExitCode};

use lexopt::prelude::*;

use crate::{Result, Subcommand, print_help, workspace::Workspace};
use manifest::Manifest;

pub(crate) const SUBCOMMAND: Subcommand = Subcommand { name: "tidy", help: HELP, run };

const HELP: &str = "\
Checks the house rules that no compiler checks, and prints what is wrong as path:line.

Usage: cargo xtask tidy [OPTIONS]

Dependencies   A crate under crates/ depends on oxkit-core and on no other oxkit crate, its tests
               also on what is under testing/; oxkit-core has at most 2 external crates in its
               tree; no default features by accident.
Manifests      What all packages share comes from the workspace; what a registry shows is there;
               only the crates can be published.
Rust files     Each opens with what it is for; 600 lines at most (over 400 is a warning); no
               ignored test; no test that waits for the clock.
All files      White space, unfinished work, paths of one machine, hosts of package registries.
Documents      README names every crate, CHANGELOG has an Unreleased section, licences are there.

Options:
  -h, --help    Print this help

The tests of the xtask package run it too: cargo test -p xtask.
";

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    path: String,
    /// Counted from 1.
    line: usize,
    /// What is wrong, and what to do.
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// What the rules have to say about a whole workspace.
#[derive(Debug, Default)]
struct Findings {
    violations: Vec<Violation>,
    /// Worth a thought, and no reason to fail.
    warnings: Vec<Violation>,
    files: usize,
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    match args.next()? {
        None => {}
        Some(Short('h') | Long("help")) => return Ok(print_help(HELP)),
        Some(other) => return Err(other.unexpected().into()),
    }
    step().map(|()| ExitCode::SUCCESS)
}

/// Checks the workspace, prints what is wrong, and fails if anything is.
pub(crate) fn step() -> Result<()> {
    let workspace = Workspace::load()?;
    let found = check(&workspace)?;
    for warning in &found.warnings {
        println!("warning: {warning}");
    }
    for violation in &found.violations {
        println!("{violation}");
    }
    let (files, packages) = (found.files, workspace.packages.len());
    match found.violations.len() {
        0 => {
            println!("tidy: {files} files and {packages} packages are in order");
            Ok(())
        }
        1 => Err("tidy: one place breaks a rule".into()),
        n => Err(format!("tidy: {n} places break a rule").into()),
    }
}

fn check(workspace: &Workspace) -> Result<Findings> {
    let files = files::read(&workspace.root)?;
    let mut found = Findings { files: files.len(), ..Findings::default() };
    for file in &files {
        found.violations.extend(text::check(file));
        if file.path.ends_with(".rs") {
            found.violations.extend(rust::check(file));
            found.warnings.extend(rust::long(file));
        }
    }

    for package in &workspace.packages {
        let path = format!("{}/Cargo.toml", package.folder);
        let file = files.iter().find(|file| file.path == path);
        let manifest = Manifest::parse(file.ok_or(format!("{path} cannot be read"))?);
        found.violations.extend(manifest::check_package(package, &manifest));
        found.violations.extend(dependencies::check(package, &manifest));
    }
    let root = files.iter().find(|file| file.path == "Cargo.toml");
    let root = Manifest::parse(root.ok_or("Cargo.toml cannot be read")?);
    found.violations.extend(manifest::check_workspace(&root));

    let tree = dependencies::external_tree("oxkit-core")?;
    found.violations.extend(dependencies::check_core(&tree));
    found.violations.extend(documents::check(&files, workspace));
    found.violations.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_tidy() {
        let found = check(&Workspace::load().unwrap()).unwrap();
        let lines: Vec<_> = found.violations.iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
        assert!(found.files > 20, "only {} files were found", found.files);
    }
}
