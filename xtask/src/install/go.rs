//! Go and Go kit's source, for the peer that the benchmarks compare with: the ones that the tests
//! use too.

use testing_servers::{Go, place};

use super::server;
use crate::Result;

/// Go and Go kit, which are installed if they are not there.
///
/// # Errors
///
/// If they are not there and cannot be had, or do not run on this machine.
pub(crate) fn go() -> Result<Go> {
    server(&Go::SET, &place())?;
    let go = Go::installed()?;
    let output = go.command().arg("version").output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("Go was installed but does not run: {}", said.trim()).into());
    }
    Ok(go)
}
