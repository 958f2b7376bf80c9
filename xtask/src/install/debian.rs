//! Packages of any Debian suite, unpacked and not installed.
//!
//! apt works on lists of its own, so that neither the system's sources nor its package database
//! are touched, and no right is needed but to write the target folder. Signatures are checked with
//! the system's keyring. Dependencies are resolved where that is asked for; programs in Go need the
//! C library alone.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{once, remove};
use crate::{Result, disk, steps};

/// A folder with packages that need not be downloaded.
const CACHE: &str = "OXKIT_SERVERS_CACHE";

const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// A set of packages that belong together.
#[derive(Debug)]
pub(super) struct Packages {
    /// What the set is called, here and in messages.
    pub(super) name: &'static str,
    pub(super) suite: &'static str,
    pub(super) packages: &'static [&'static str],
    /// Whether what these packages depend on is needed too.
    pub(super) dependencies: bool,
}

/// What every Debian system has, with all that it depends on: no need to fetch it, and to mix
/// another C library with the system's would be harmful.
const BASE: [&str; 4] = ["apt", "init-system-helpers", "sysvinit-utils", "tar"];

impl Packages {
    /// The folder the set is unpacked in, as if it were `/`.
    ///
    /// # Errors
    ///
    /// If this is not a system with Debian's tools, or a package can neither be found in the
    /// cache nor be downloaded.
    pub(super) fn unpacked(&self, tools: &Path) -> Result<PathBuf> {
        let what = format!("{} {}", self.suite, self.packages.join(" "));
        once(tools, self.name, &what, |folder| {
            let pool = folder.join(".pool");
            fs::create_dir(&pool)?;
            let cache = env::var_os(CACHE).map(PathBuf::from);
            let packages = self.whole(tools)?;
            println!("installing {}: {} packages of {}", self.name, packages.len(), self.suite);
            for deb in self.collect(&packages, tools, &pool, cache.as_deref())? {
                let mut unpack = Command::new("dpkg-deb");
                unpack.env("LC_ALL", "C").arg("--extract").arg(deb).arg(folder);
                steps::succeed_quietly(&mut unpack)?;
            }
            Ok(fs::remove_dir_all(pool)?)
        })
    }

    /// The names of all packages of the set.
    fn whole(&self, tools: &Path) -> Result<Vec<String>> {
        let names = self.packages.iter().map(|&name| name.to_owned()).collect();
        if !self.dependencies {
            return Ok(names);
        }
        let state = lists(tools, self.suite)?;
        let base = closure(&state, &BASE)?;
        let mut all = closure(&state, self.packages)?;
        all.retain(|name| !base.contains(name));
        Ok(all)
    }

    /// The package files: those of the cache where they are, the others downloaded into `pool`.
    fn collect(
        &self,
        names: &[String],
        tools: &Path,
        pool: &Path,
        cache: Option<&Path>,
    ) -> Result<Vec<PathBuf>> {
        let mut debs = Vec::new();
        let mut missing = Vec::new();
        let cached = cache.map_or_else(Vec::new, packages_in);
        for name in names {
            match cached.iter().find(|path| is_package(path, name)) {
                Some(path) => debs.push(path.clone()),
                None => missing.push(name.as_str()),
            }
        }
        if !missing.is_empty() {
            if let Err(error) = self.download(tools, pool, &missing) {
                if disk::says_full(&error.to_string()) {
                    return Err(error);
                }
                // The lists may name versions that newer ones have replaced since.
                println!("once more, with new package lists");
                remove(&tools.join(state_name(self.suite)))?;
                self.download(tools, pool, &missing)?;
            }
            debs.extend(packages_in(pool));
        }
        Ok(debs)
    }

    fn download(&self, tools: &Path, pool: &Path, packages: &[&str]) -> Result<()> {
        let state = lists(tools, self.suite)?;
        steps::succeed_quietly(apt(&state).arg("download").args(packages).current_dir(pool))
    }
}

/// The packages that `packages` need, themselves among them, on a system that has none.
fn closure(state: &Path, packages: &[&str]) -> Result<Vec<String>> {
    let output = apt(state)
        .args(["--simulate", "--no-install-recommends", "install"])
        .args(packages)
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(
            format!("apt-get finds no way to {}: {}", packages.join(" "), said.trim()).into()
        );
    }
    Ok(installed(&String::from_utf8(output.stdout)?))
}

/// The packages that apt says it would install.
fn installed(simulation: &str) -> Vec<String> {
    simulation
        .lines()
        // Inst libssl3 (3.0.20-1~deb12u1 Debian:12.14/oldstable [amd64]) []
        .filter_map(|line| line.strip_prefix("Inst ")?.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

fn state_name(suite: &str) -> String {
    format!("apt-{suite}")
}

/// The folder with the package lists of `suite`, which are fetched if they are not there.
fn lists(tools: &Path, suite: &str) -> Result<PathBuf> {
    once(tools, &state_name(suite), "1", |folder| {
        println!("fetching the package lists of {suite}");
        fill(folder, suite)
    })
}

/// Fills `folder` with the package lists of `suite`.
fn fill(folder: &Path, suite: &str) -> Result<()> {
    for needed in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(folder.join(needed))?;
    }
    let mirror = mirror()?;
    let source = format!("deb [signed-by={KEYRING}] {mirror} {suite} main\n");
    fs::write(folder.join("sources.list"), source)?;
    fs::write(folder.join("status"), "")?;
    // Without the mode, lists that cannot be fetched are a warning.
    steps::succeed_quietly(apt(folder).args(["-o", "APT::Update::Error-Mode=any", "update"]))
}

/// Where this system gets its packages from: its own setting is the one that works here.
fn mirror() -> Result<String> {
    let output = Command::new("apt-get")
        .args(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
        .output()
        .map_err(|error| format!("apt-get cannot be run, so this is no Debian: {error}"))?;
    let said = String::from_utf8(output.stdout)?;
    Ok(choose(&said).ok_or("apt knows no source of packages")?.to_owned())
}

/// The address of Debian itself among those of all sources. Everywhere it ends in `debian`; what
/// others offer, and Debian's security updates, do not.
fn choose(sources: &str) -> Option<&str> {
    let debian = |line: &&str| line.trim_end_matches('/').ends_with("/debian");
    let other = |line: &&str| !line.contains("security");
    sources.lines().find(debian).or_else(|| sources.lines().find(other))
}

/// `apt-get` on the lists in `state` and on nothing of the system's.
fn apt(state: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.env("LC_ALL", "C").arg("-qq");
    let places = [
        ("Dir::Etc::sourcelist", state.join("sources.list")),
        ("Dir::Etc::sourceparts", PathBuf::from("/dev/null")),
        ("Dir::Etc::preferencesparts", PathBuf::from("/dev/null")),
        ("Dir::State::lists", state.join("lists")),
        ("Dir::State::status", state.join("status")),
        ("Dir::Cache", state.join("cache")),
    ];
    for (option, place) in places {
        let mut value = OsString::from(option);
        value.push("=");
        value.push(place);
        command.arg("-o").arg(value);
    }
    // Its usual user may not write here, and need not: nothing is run as root.
    command.args(["-o", "APT::Sandbox::User=root"]);
    // A network that fails now and then is no reason for a run of tests to fail.
    command.args(["-o", "Acquire::Retries=3"]);
    command
}

/// The package files in a folder; none if it cannot be read.
fn packages_in(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect();
    found.sort();
    found
}

/// Whether a file is the package `name` for this machine: `name_version_architecture.deb`.
fn is_package(file: &Path, name: &str) -> bool {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy());
    let parts: Vec<_> = stem.iter().flat_map(|stem| stem.split('_')).collect();
    matches!(parts[..], [named, _, architecture]
        if named == name && (architecture == "all" || architecture == ARCHITECTURE))
}

/// Debian's name for the architecture.
const ARCHITECTURE: &str = if cfg!(target_arch = "x86_64") {
    "amd64"
} else if cfg!(target_arch = "aarch64") {
    "arm64"
} else {
    // Never the name of a package's: whatever is needed is downloaded.
    "unknown"
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_file_is_known_by_its_whole_name_and_its_architecture() {
        let own = format!("consul_1.8.7+dfsg1-2+b3_{ARCHITECTURE}.deb");
        assert!(is_package(Path::new(&own), "consul"));
        assert!(is_package(Path::new("cache/golang-x-dev_0.1_all.deb"), "golang-x-dev"));
        for other in
            ["consul-dev_1_all.deb", "consul_1_s390x.deb", "consul.deb", "consul_1_2_all.deb"]
        {
            assert!(!is_package(Path::new(other), "consul"), "{other}");
        }
    }

    #[test]
    fn what_is_in_the_cache_is_not_downloaded() {
        const SET: Packages = Packages {
            name: "set",
            suite: "no-such-suite",
            packages: &["b", "a"],
            dependencies: false,
        };
        let folder = tempfile::tempdir().unwrap();
        for name in ["a_1_all.deb", "b_1_all.deb", "c_1_all.deb"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let tools = Path::new("tools");
        let names = SET.whole(tools).unwrap();
        let found = SET.collect(&names, tools, Path::new("pool"), Some(folder.path()));
        let expected = ["b_1_all.deb", "a_1_all.deb"].map(|name| folder.path().join(name));
        assert_eq!(found.unwrap(), expected);
    }

    #[test]
    fn packages_come_from_debian_and_not_from_what_else_is_configured() {
        let check = |sources: &str, expected| assert_eq!(choose(sources), expected, "{sources}");
        let debian = "http://packages.example/debian/";
        let security = "http://packages.example/debian-security";
        check(&format!("http://other.example/node_20.x\n{security}\n{debian}\n"), Some(debian));
        check("http://packages.example/debian\n", Some("http://packages.example/debian"));
        let renamed = "http://packages.example/bookworm";
        check(&format!("{security}\n{renamed}\n"), Some(renamed));
        check("", None);
    }

    #[test]
    fn what_apt_would_install_is_read() {
        let said = "NOTE: This is only a simulation!\n\
            Inst liblzf1 (3.6-3 Debian:12.14/oldstable [amd64])\n\
            Inst redis-server (5:7.0.15-1 Debian:12.14/oldstable [amd64]) []\n\
            Conf liblzf1 (3.6-3 Debian:12.14/oldstable [amd64])\n";
        assert_eq!(installed(said), ["liblzf1", "redis-server"]);
        assert!(installed("").is_empty());
    }

    #[test]
    fn apt_is_kept_from_everything_of_the_system() {
        let command = apt(Path::new("state"));
        let args: Vec<_> = command.get_args().map(|arg| arg.to_string_lossy()).collect();
        for kept in [
            "sourcelist=state",
            "sourceparts=/dev/null",
            "lists=state",
            "status=state",
            "Cache=state",
        ] {
            assert!(args.iter().any(|arg| arg.contains(kept)), "{kept}: {args:?}");
        }
    }

    #[test]
    fn only_packages_count_and_an_absent_folder_has_none() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b_1_all.deb", "a_1_all.deb", "readme.md"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = packages_in(folder.path());
        assert_eq!(found, ["a_1_all.deb", "b_1_all.deb"].map(|name| folder.path().join(name)));
        assert!(packages_in(&folder.path().join("absent")).is_empty());
    }
}
