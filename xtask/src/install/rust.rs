//! Tools written in Rust, built from source by cargo.

use std::{env, fs, path::Path, process::Command};

use super::{once, tools};
use crate::{Result, steps, workspace::cargo};

/// At least three weeks old when it was chosen, so that no registry forgets it overnight.
const CARGO_DENY: &str = "0.20.2";

/// A command that runs cargo-deny, which is installed if it is not there.
///
/// # Errors
///
/// If it is not there and cannot be built.
pub(crate) fn cargo_deny(target: &Path) -> Result<Command> {
    if version_on_path("cargo-deny").is_some_and(|version| version == CARGO_DENY) {
        return Ok(Command::new("cargo-deny"));
    }
    let place = once(&tools(target), "cargo-deny", CARGO_DENY, |folder| {
        println!("installing cargo-deny {CARGO_DENY}: about two minutes, once");
        let build = folder.join("build");
        // cargo would advise to put a folder on the path that is moved away in a moment.
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths(env::split_paths(&path).chain([folder.join("bin")]))?;
        steps::succeed(
            cargo()
                .args(["install", "--locked", &format!("cargo-deny@={CARGO_DENY}")])
                // It runs for a second: an optimised build would take far longer than it saves.
                .arg("--debug")
                .env("CARGO_PROFILE_DEV_DEBUG", "0")
                .env("PATH", path)
                .arg("--root")
                .arg(folder)
                .arg("--target-dir")
                .arg(&build)
                // Whoever works offline has what the workspace needs, but not this.
                .env_remove("CARGO_NET_OFFLINE"),
        )?;
        Ok(fs::remove_dir_all(build)?)
    })?;
    let program = format!("cargo-deny{}", env::consts::EXE_SUFFIX);
    Ok(Command::new(place.join("bin").join(program)))
}

/// The version a program on the `PATH` says it has.
fn version_on_path(program: &str) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    // cargo-deny 0.20.2
    said.split_whitespace().nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_and_an_absent_program_has_none() {
        let rustc = version_on_path("rustc").unwrap();
        assert!(rustc.starts_with("1."), "{rustc}");
        assert_eq!(version_on_path("no-such-program-anywhere"), None);
    }
}
