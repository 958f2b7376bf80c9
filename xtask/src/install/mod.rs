//! Installs what the commands need into the target folder, and nothing anywhere else.
//!
//! Each thing lies in a folder of its own below `oxkit-tools`, servers below `servers`. It is made beside its place and
//! moved there when it is complete, so that what exists is whole, however often and by however
//! many programs at once it was begun.

mod debian;
mod go;
mod python;
mod rust;
mod servers;
mod valgrind;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use crate::Result;

pub(crate) use go::go;
pub(crate) use rust::cargo_deny;
pub(crate) use servers::{Had, server};
pub(crate) use valgrind::valgrind;

/// The folder everything is installed into.
fn tools(target: &Path) -> PathBuf {
    target.join("oxkit-tools")
}

/// The folder `name` below `tools`, filled by `fill` if it is not there yet.
///
/// `what` is the version, the list of packages, or whatever else tells two installations apart: a
/// folder made for something else is replaced.
fn once(
    tools: &Path,
    name: &str,
    what: &str,
    fill: impl FnOnce(&Path) -> Result<()>,
) -> Result<PathBuf> {
    // Threads of this program may install at the same time too.
    static ATTEMPT: AtomicU32 = AtomicU32::new(0);

    let place = tools.join(name);
    let note = place.join(".oxkit-installed");
    if fs::read_to_string(&note).is_ok_and(|text| text == what) {
        return Ok(place);
    }
    let attempt = ATTEMPT.fetch_add(1, Ordering::Relaxed);
    let beside = tools.join(format!(".{name}.{}.{attempt}", process::id()));
    remove(&beside)?;
    fs::create_dir_all(&beside).map_err(|error| format!("{}: {error}", beside.display()))?;
    let filled = fill(&beside).and_then(|()| {
        fs::write(beside.join(".oxkit-installed"), what)?;
        remove(&place)?;
        match fs::rename(&beside, &place) {
            // Another program was faster, with the same.
            Err(_) if fs::read_to_string(&note).is_ok_and(|text| text == what) => Ok(()),
            moved => Ok(moved?),
        }
    });
    let removed = remove(&beside);
    filled?;
    removed?;
    Ok(place)
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(tools: &Path, what: &str, text: &str) -> Result<String> {
        let place = once(tools, "thing", what, |folder| {
            if text.is_empty() {
                return Err("nothing to install".into());
            }
            Ok(fs::write(folder.join("file"), text)?)
        })?;
        Ok(fs::read_to_string(place.join("file"))?)
    }

    #[test]
    fn what_is_installed_is_not_made_again_and_another_version_replaces_it() {
        let tools = tempfile::tempdir().unwrap();
        assert_eq!(install(tools.path(), "1", "first").unwrap(), "first");
        assert_eq!(install(tools.path(), "1", "again").unwrap(), "first");
        assert_eq!(install(tools.path(), "2", "second").unwrap(), "second");
    }

    #[test]
    fn a_failed_installation_leaves_nothing_behind_and_can_be_tried_again() {
        let tools = tempfile::tempdir().unwrap();
        assert!(install(tools.path(), "1", "").is_err());
        assert_eq!(fs::read_dir(tools.path()).unwrap().count(), 0);
        assert_eq!(install(tools.path(), "1", "now").unwrap(), "now");
    }

    #[test]
    fn a_failed_upgrade_keeps_what_was_there() {
        let tools = tempfile::tempdir().unwrap();
        install(tools.path(), "1", "first").unwrap();
        assert!(install(tools.path(), "2", "").is_err());
        assert_eq!(install(tools.path(), "1", "again").unwrap(), "first");
    }
}
