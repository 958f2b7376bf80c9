//! Room on the disk: what a run takes, whether there is so much, and whether it failed for want of it.
//!
//! The standard library cannot ask how much is free, so `df` is asked, as POSIX has it. Where there
//! is none, nothing is said before a run, and a full disk is known by what the programs say.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use testing_servers::place;

use crate::workspace::Workspace;

const GIB: u64 = 1 << 30;

/// What all tests and checks leave in cargo's target folder: 8 GB were measured.
const BUILD: u64 = 9 * GIB;

/// What all servers take, with what they compile and fetch while they are installed: 1.2 GB were
/// measured.
const SERVERS: u64 = 3 * GIB / 2;

/// With less than this left a program fails for want of space, though it may have cleaned up by now.
const LITTLE: u64 = GIB / 2;

/// The folders that a run fills.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    folders: Vec<Folder>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    /// What it takes when all is in it.
    whole: u64,
    /// What is in it now.
    filled: fn(&Path) -> u64,
    /// What puts it elsewhere.
    variable: &'static str,
}

/// What `df` says of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Space {
    /// Where the file system is mounted, which tells whether two folders share it.
    mount: String,
    free: u64,
}

impl Disk {
    /// The folders of this workspace.
    pub(crate) fn of(workspace: &Workspace) -> Self {
        let build = Folder {
            path: workspace.target.clone(),
            whole: BUILD,
            filled: |target| ["debug", "loom"].iter().map(|below| size(&target.join(below))).sum(),
            variable: "CARGO_TARGET_DIR",
        };
        let servers =
            Folder { path: place(), whole: SERVERS, filled: size, variable: "OXKIT_SERVERS" };
        Self { folders: vec![build, servers] }
    }

    /// Warns of what a whole run will probably not find room for.
    pub(crate) fn warn(&self) {
        let wanted = self.folders.iter().filter_map(|folder| {
            let missing = folder.whole.saturating_sub((folder.filled)(&folder.path));
            Some((folder.path.as_path(), missing, space(&folder.path)?))
        });
        for warning in warnings(wanted) {
            println!("warning: {warning}");
        }
    }

    /// Whether next to nothing is left for one of the folders.
    pub(crate) fn is_full(&self) -> bool {
        let spaces = self.folders.iter().filter_map(|folder| space(&folder.path));
        spaces.into_iter().any(|space| space.free < LITTLE)
    }

    /// In one line, what a run takes and what can be done. Empty if there is no folder to speak of.
    pub(crate) fn advice(&self) -> String {
        let takes: Vec<_> = self
            .folders
            .iter()
            .map(|Folder { path, whole, .. }| {
                let free = space(path)
                    .map_or_else(String::new, |space| format!(" ({} free)", bytes(space.free)));
                format!("{} in {}{free}", bytes(*whole), path.display())
            })
            .collect();
        if takes.is_empty() {
            return String::new();
        }
        let variables: Vec<_> = self.folders.iter().map(|folder| folder.variable).collect();
        format!(
            "a whole run takes about {}; make room there (cargo clean) and in the folder for \
             temporary files, or name folders on another disk by {} and TMPDIR",
            takes.join(" and "),
            variables.join(", "),
        )
    }
}

/// Whether a program says that there is no space left.
pub(crate) fn says_full(text: &str) -> bool {
    // The words of Unix, of Windows, and of apt, which looks beforehand.
    const WORDS: [&str; 3] = [NO_SPACE, "not enough space on the disk", "have enough free space"];
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|words| text.contains(words))
}

/// How a full disk is told of, in the words of Unix.
pub(crate) const NO_SPACE: &str = "no space left on device";

/// For each disk that has not the room that is wanted on it, a line that says so.
fn warnings<'a>(wanted: impl Iterator<Item = (&'a Path, u64, Space)>) -> Vec<String> {
    let mut disks: Vec<(Vec<String>, u64, Space)> = Vec::new();
    for (path, bytes, space) in wanted {
        let path = path.display().to_string();
        match disks.iter_mut().find(|(_, _, known)| known.mount == space.mount) {
            Some((paths, sum, _)) => {
                paths.push(path);
                *sum += bytes;
            }
            None => disks.push((vec![path], bytes, space)),
        }
    }
    disks
        .into_iter()
        .filter(|(_, wanted, space)| space.free < (*wanted).max(LITTLE))
        .map(|(paths, wanted, space)| {
            format!(
                "{} are free on the disk of {}, where a whole run still wants about {}",
                bytes(space.free),
                paths.join(" and "),
                bytes(wanted.max(LITTLE)),
            )
        })
        .collect()
}

/// What is free where `path` is, or will be.
fn space(path: &Path) -> Option<Space> {
    let there = path.ancestors().find(|folder| folder.is_dir())?;
    let output = Command::new("df").arg("-Pk").arg(there).env("LC_ALL", "C").output().ok()?;
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Reads `df -Pk`: a heading, and a line of device, blocks, used, available, capacity, mount point.
fn parse(said: &str) -> Option<Space> {
    let mut words = said.lines().nth(1)?.split_whitespace().rev();
    // From the end, because a device's name may have spaces; a mount point that has some is told
    // apart by its last word as well.
    let mount = words.next()?.to_owned();
    let free = words.find_map(|word| word.strip_suffix('%')).and(words.next())?;
    Some(Space { mount, free: free.parse::<u64>().ok()?.saturating_mul(1024) })
}

/// What lies in a folder; nothing of what cannot be read.
fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.filter_map(|entry| {
        let meta = entry.metadata().ok()?;
        Some(if meta.is_dir() { size(&entry.path()) } else { meta.len() })
    });
    sizes.sum()
}

/// As people say it.
fn bytes(bytes: u64) -> String {
    const MIB: u64 = 1 << 20;
    if bytes < GIB {
        format!("{} MB", bytes / MIB)
    } else {
        format!("{:.1} GB", bytes as f64 / GIB as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(mount: &str, free: u64) -> Space {
        Space { mount: mount.to_owned(), free }
    }

    #[test]
    fn what_programs_say_of_a_full_disk_is_understood() {
        for said in [
            "Traceback (most recent call last):\n  File \"x\"\nOSError: [Errno 28] No space left on device\n",
            "npm ERR! code ENOSPC\nnpm ERR! nospc ENOSPC: no space left on device, write",
            "E: You don't have enough free space in /x/archives/.",
        ] {
            assert!(says_full(said), "{said}");
        }
        assert!(!says_full("error: could not find `Cargo.toml`"));
        let error = std::io::Error::from_raw_os_error(28).to_string();
        #[cfg(unix)]
        assert!(says_full(&error), "{error}");
    }

    #[test]
    fn what_df_says_is_read() {
        let heading = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n";
        for (line, expected) in [
            (
                "/dev/vda         264212084 36873540  58412348      39% /\n",
                Some(on("/", 58_412_348 << 10)),
            ),
            ("map auto home 0 0 0 100% /home\n", Some(on("/home", 0))),
            ("tmpfs 1 1 - 0% /run\n", None),
            ("", None),
        ] {
            assert_eq!(parse(&format!("{heading}{line}")), expected, "{line}");
        }
        assert_eq!(parse(""), None);
    }

    #[test]
    fn this_machines_disk_has_some_space_also_for_a_folder_that_is_to_come() {
        let here = tempfile::tempdir().unwrap();
        let now = space(here.path());
        assert!(cfg!(not(unix)) || now.is_some());
        let mount = |space: Option<Space>| space.map(|space| space.mount);
        assert_eq!(mount(space(&here.path().join("to/come"))), mount(now));
    }

    #[test]
    fn who_shares_a_disk_shares_what_is_free_on_it() {
        let (a, b) = (Path::new("a"), Path::new("b"));
        let check = |wanted: Vec<(&Path, u64, Space)>, expected: &[&str]| {
            assert_eq!(warnings(wanted.into_iter()), expected);
        };
        check(vec![(a, 2 * GIB, on("/", 3 * GIB)), (b, GIB, on("/", 3 * GIB))], &[]);
        check(
            vec![(a, 2 * GIB, on("/", 2 * GIB)), (b, GIB, on("/", 2 * GIB))],
            &["2.0 GB are free on the disk of a and b, where a whole run still wants about 3.0 GB"],
        );
        check(
            vec![(a, 2 * GIB, on("/", 3 * GIB)), (b, GIB, on("/b", 1 << 20))],
            &["1 MB are free on the disk of b, where a whole run still wants about 1.0 GB"],
        );
        // All is built, and yet every run writes something.
        check(
            vec![(a, 0, on("/", 1 << 20))],
            &["1 MB are free on the disk of a, where a whole run still wants about 512 MB"],
        );
    }

    #[test]
    fn the_size_of_a_folder_is_that_of_all_files_in_it() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(size(folder.path()), 0);
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("a"), "12").unwrap();
        fs::write(folder.path().join("below/b"), "345").unwrap();
        assert_eq!(size(folder.path()), 5);
        assert_eq!(size(&folder.path().join("absent")), 0);
    }

    #[test]
    fn the_advice_names_each_folder_and_what_moves_it() {
        let disk = Disk::of(&Workspace::load().unwrap());
        let advice = disk.advice();
        for part in ["9.0 GB in", "1.5 GB in", "CARGO_TARGET_DIR", "OXKIT_SERVERS", "TMPDIR"] {
            assert!(advice.contains(part), "{part}: {advice}");
        }
        assert_eq!(advice.lines().count(), 1);
        assert_eq!(Disk::default().advice(), "");
    }
}
