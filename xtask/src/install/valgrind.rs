//! valgrind, which counts the instructions of the benchmarks.

use std::{
    ffi::OsString,
    path::Path,
    process::{Command, Stdio},
};

use super::{debian::Packages, tools};
use crate::Result;

const VALGRIND: Packages =
    Packages { name: "valgrind", suite: "bookworm", packages: &["valgrind"], dependencies: false };

/// The environment in which the benchmarks find valgrind, which is installed if it is not there:
/// empty where one is on the `PATH`.
///
/// # Errors
///
/// If it is not there and cannot be had, or does not run on this machine.
pub(crate) fn valgrind(target: &Path) -> Result<Vec<(&'static str, OsString)>> {
    if runs(&mut Command::new("valgrind")) {
        return Ok(Vec::new());
    }
    let place = VALGRIND.unpacked(&tools(target))?;
    let program = place.join("usr/bin/valgrind");
    let environment = vec![
        ("VALGRIND_LIB", place.join("usr/libexec/valgrind").into()),
        ("VALGRIND", program.clone().into()),
    ];
    if !runs(Command::new(program).envs(environment.clone())) {
        return Err("valgrind was installed but does not run".into());
    }
    Ok(environment)
}

fn runs(valgrind: &mut Command) -> bool {
    let status = valgrind.arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}
