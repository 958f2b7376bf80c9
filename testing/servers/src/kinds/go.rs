//! Go and Go kit: no server, but what peers are built with that speak as Go programs do.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    process,
    process::Command,
};

use crate::{Missing, Set, Source, place};

/// The compiler with its standard library, and what Go kit's transports, rate limiters and
/// Prometheus metrics need: of the 196 packages that Go kit depends on as a whole, eighteen.
pub(super) const SET: Set = Set {
    name: "go",
    source: Source::Debian {
        suite: "trixie",
        packages: &[
            "golang-1.24-go",
            "golang-1.24-src",
            "golang-github-beorn7-perks-dev",
            "golang-github-cespare-xxhash-dev",
            "golang-github-go-kit-kit-dev",
            "golang-github-go-kit-log-dev",
            "golang-github-go-logfmt-logfmt-dev",
            "golang-github-golang-protobuf-1-5-dev",
            "golang-github-munnerz-goautoneg-dev",
            "golang-github-prometheus-client-golang-dev",
            "golang-github-prometheus-client-model-dev",
            "golang-github-prometheus-common-dev",
            "golang-github-prometheus-procfs-dev",
            "golang-golang-x-net-dev",
            "golang-golang-x-sys-dev",
            "golang-golang-x-text-dev",
            "golang-golang-x-time-dev",
            "golang-google-genproto-dev",
            "golang-google-grpc-dev",
            "golang-google-protobuf-dev",
        ],
        // A machine's own Go has no Go kit.
        programs: &[],
        libraries: false,
    },
};

/// Where Go and the source of Go kit lie.
#[derive(Debug, Clone)]
pub struct Go {
    root: PathBuf,
    /// `GOPATH`: the source of Go kit.
    path: PathBuf,
    /// `GOCACHE`: what was compiled before.
    cache: PathBuf,
}

/// Go with Go kit, for a test that builds a peer.
///
/// ```no_run
/// use std::{path::Path, process::Command};
///
/// let program = testing_servers::go().build(Path::new("tests/peer"))?;
/// let status = Command::new(program).arg("--help").status()?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If it is not on this machine; the message says what to do.
#[must_use]
pub fn go() -> Go {
    Go::installed().unwrap_or_else(|missing| panic!("{missing}"))
}

impl Go {
    /// What has to be installed.
    pub const SET: Set = SET;

    /// The Go that was installed.
    ///
    /// # Errors
    ///
    /// If it is not there.
    pub fn installed() -> Result<Self, Missing> {
        let folder = SET.folder();
        let go = Self {
            root: folder.join("usr/lib/go-1.24"),
            path: folder.join("usr/share/gocode"),
            cache: place().join("go-cache"),
        };
        let is_there = go.program().is_file();
        is_there.then_some(go).ok_or(Missing { set: SET.name })
    }

    /// `GOROOT`: the folder of the compiler and its standard library.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn program(&self) -> PathBuf {
        self.root.join("bin").join("go")
    }

    /// `go`, in the environment in which it finds everything and downloads nothing.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(self.program());
        command.envs(self.environment());
        command
    }

    /// The environment in which `go build` finds everything and downloads nothing.
    #[must_use]
    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        let bin = self.root.join("bin");
        let path = env::var_os("PATH").unwrap_or_default();
        let path = env::join_paths([bin].into_iter().chain(env::split_paths(&path)));
        let mut environment: Vec<(_, OsString)> = vec![
            ("GOROOT", self.root.clone().into()),
            ("GOPATH", self.path.clone().into()),
            ("GOCACHE", self.cache.clone().into()),
            // The packages are Debian's, found by path; modules would be asked for on the network.
            ("GO111MODULE", "off".into()),
            ("GOTOOLCHAIN", "local".into()),
            ("GOFLAGS", "".into()),
        ];
        // Fails only if the folder's name holds the separator; GOROOT tells where Go is then too.
        environment.extend(path.ok().map(|path| ("PATH", path)));
        environment
    }

    /// Builds the program whose source lies in `source`, and says where it is. What did not change
    /// since the last time is not compiled again.
    ///
    /// # Errors
    ///
    /// If it does not compile; the error holds what the compiler says.
    pub fn build(&self, source: &Path) -> io::Result<PathBuf> {
        let name = source.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = place().join("go-programs");
        fs::create_dir_all(&folder)?;
        let program = folder.join(name);
        // Made beside its place: another test may run the one that is there.
        let beside = folder.join(format!(".{}.{}", name.to_string_lossy(), process::id()));
        let output =
            self.command().args(["build", "-o"]).arg(&beside).current_dir(source).output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(format!(
                "{} does not compile:\n{said}",
                source.display()
            )));
        }
        fs::rename(beside, &program)?;
        Ok(program)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_puts_this_go_first_and_keeps_it_off_the_network() {
        let go = Go { root: "root".into(), path: "path".into(), cache: "cache".into() };
        let environment = go.environment();
        let find = |name| &environment.iter().find(|(key, _)| *key == name).unwrap().1;
        assert_eq!(find("GOROOT"), "root");
        assert_eq!(find("GOPATH"), "path");
        assert_eq!(find("GO111MODULE"), "off");
        assert_eq!(find("GOTOOLCHAIN"), "local");
        let first = env::split_paths(find("PATH")).next();
        assert_eq!(first, Some(PathBuf::from("root").join("bin")));
    }
}
