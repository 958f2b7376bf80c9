//! The servers that tests speak to.

use std::{fs, path::Path, time::SystemTime};

use testing_servers::{INTERPRETER, Set, Source};

use super::{debian::Packages, once, python, remove};
use crate::Result;

/// How a server comes to be on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Had {
    /// The machine's own, on the `PATH`.
    Own(String),
    /// Installed here before.
    Before,
    /// Installed here now.
    Installed,
}

/// Installs `set` below `place`, unless the machine has it or it is there.
///
/// # Errors
///
/// If it cannot be had.
pub(crate) fn server(set: &Set, place: &Path) -> Result<Had> {
    if let Some(file) = set.own() {
        return Ok(Had::Own(file.display().to_string()));
    }
    let folder = place.join(set.name);
    if interpreter_is_gone(&folder) {
        remove(&folder)?;
    }
    let before = made(&folder);
    match set.source {
        Source::Debian { suite, packages, libraries, .. } => {
            let set = Packages { name: set.name, suite, packages, dependencies: libraries };
            set.unpacked(place)?;
        }
        Source::Python { packages } => {
            once(place, set.name, &packages.join(" "), |folder| {
                println!("installing {}: {} for Python", set.name, packages.join(" "));
                python::packages(place, folder, packages)
            })?;
        }
        Source::Node { package } => {
            once(place, set.name, package, |folder| {
                println!("installing {}: {package} for Node", set.name);
                python::node_package(place, folder, package)
            })?;
        }
        _ => return Err(format!("nobody knows how to install {}", set.name).into()),
    }
    Ok(if before.is_some() && before == made(&folder) { Had::Before } else { Had::Installed })
}

/// When a folder was made.
fn made(folder: &Path) -> Option<SystemTime> {
    fs::metadata(folder).and_then(|meta| meta.modified()).ok()
}

/// Whether a set was installed for a Python or a Node that is there no more.
fn interpreter_is_gone(folder: &Path) -> bool {
    fs::read_to_string(folder.join(INTERPRETER)).is_ok_and(|file| !Path::new(file.trim()).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_own_program_is_not_installed() {
        let set = Set {
            name: "shell",
            source: Source::Debian {
                suite: "none",
                packages: &["none"],
                programs: &["sh"],
                libraries: false,
            },
        };
        let had = server(&set, Path::new("nowhere")).unwrap();
        assert!(matches!(had, Had::Own(file) if file.ends_with("/sh")));
    }

    #[test]
    fn an_interpreter_that_is_gone_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!interpreter_is_gone(folder.path()));
        fs::write(folder.path().join(INTERPRETER), "/no/such/python").unwrap();
        assert!(interpreter_is_gone(folder.path()));
        fs::write(
            folder.path().join(INTERPRETER),
            std::env::current_exe().unwrap().to_str().unwrap(),
        )
        .unwrap();
        assert!(!interpreter_is_gone(folder.path()));
    }
}
