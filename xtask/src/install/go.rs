//! Go and Go kit's source, for the peer that the benchmarks compare with.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use super::{debian::Packages, tools};
use crate::Result;

/// The compiler with its standard library, and what Go kit's HTTP transport, rate limiters and
/// Prometheus metrics need: of the 196 packages that Go kit depends on as a whole, twelve.
const GO: Packages = Packages {
    name: "go",
    suite: "trixie",
    packages: &[
        "golang-1.24-go",
        "golang-1.24-src",
        "golang-github-beorn7-perks-dev",
        "golang-github-cespare-xxhash-dev",
        "golang-github-go-kit-kit-dev",
        "golang-github-go-kit-log-dev",
        "golang-github-go-logfmt-logfmt-dev",
        "golang-github-munnerz-goautoneg-dev",
        "golang-github-prometheus-client-golang-dev",
        "golang-github-prometheus-client-model-dev",
        "golang-github-prometheus-common-dev",
        "golang-github-prometheus-procfs-dev",
        "golang-golang-x-sys-dev",
        "golang-golang-x-time-dev",
        "golang-google-protobuf-dev",
    ],
    dependencies: false,
};

/// Where Go and the packages for it lie.
#[derive(Debug)]
pub(crate) struct Go {
    /// `GOROOT`: the compiler and its standard library.
    pub(crate) root: PathBuf,
    /// `GOPATH`: the source of Go kit.
    path: PathBuf,
    /// `GOCACHE`: what was compiled before.
    cache: PathBuf,
}

/// Go and Go kit, which are installed if they are not there.
///
/// # Errors
///
/// If they are not there and cannot be had, or do not run on this machine.
pub(crate) fn go(target: &Path) -> Result<Go> {
    let tools = tools(target);
    let place = GO.unpacked(&tools)?;
    let go = Go {
        root: place.join("usr/lib/go-1.24"),
        path: place.join("usr/share/gocode"),
        cache: tools.join("go-cache"),
    };
    let output =
        Command::new(go.root.join("bin/go")).arg("version").envs(go.environment()).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("Go was installed but does not run: {}", said.trim()).into());
    }
    Ok(go)
}

impl Go {
    /// The environment in which `go build` finds everything and downloads nothing.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
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
