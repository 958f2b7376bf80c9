//! What has to be installed for a server, and where it is then found.

use std::{
    env,
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The variable that says where servers are installed, instead of `target/servers`.
pub const PLACE: &str = "OXKIT_SERVERS";

/// The folder servers are installed in: what [`PLACE`] names, or `target/servers` of this checkout.
///
/// It is not part of cargo's target folder if that is somewhere else, so that several builds share
/// one installation.
#[must_use]
pub fn place() -> PathBuf {
    let place = env::var_os(PLACE).map_or_else(
        || {
            let package = Path::new(env!("CARGO_MANIFEST_DIR"));
            let root = package.ancestors().nth(2).unwrap_or(package);
            root.join("target").join("servers")
        },
        PathBuf::from,
    );
    // Servers run in folders of their own, where a relative path leads elsewhere.
    std::path::absolute(&place).unwrap_or(place)
}

/// A set of programs that are installed together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Set {
    /// What it is called, on the command line and as a folder.
    pub name: &'static str,
    /// Where it comes from.
    pub source: Source,
}

/// Where programs come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// Debian packages, unpacked and not installed.
    Debian {
        /// The name of Debian's release.
        suite: &'static str,
        /// What is asked for.
        packages: &'static [&'static str],
        /// The programs in them that are used, the server first. A machine that has them on its
        /// `PATH` needs no installation.
        programs: &'static [&'static str],
        /// Whether the packages that these depend on are needed too. Programs in Go need none.
        libraries: bool,
    },
    /// Packages of the Python Package Index.
    Python {
        /// As `pip` reads them: `name==version`.
        packages: &'static [&'static str],
    },
    /// A package of npm.
    Node {
        /// As `npm` reads it: `name@version`.
        package: &'static str,
    },
}

impl Set {
    /// The folder it is installed in.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        place().join(self.name)
    }

    /// How the module is called in which the tests that need it stand: `with_` and its name.
    #[must_use]
    pub fn module(&self) -> String {
        format!("with_{}", self.name.replace('-', "_"))
    }

    /// Whether it needs no installation: it is in its folder, or it is the machine's own.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.own().is_some() || self.folder().is_dir()
    }

    /// The set's first program, if the machine itself has all of them.
    ///
    /// Only of Debian's sets: of what an interpreter runs, that of another one may be on the `PATH`.
    #[must_use]
    pub fn own(&self) -> Option<PathBuf> {
        let Source::Debian { programs, .. } = self.source else {
            return None;
        };
        let files: Option<Vec<_>> = programs.iter().map(|program| on_path(program)).collect();
        files?.into_iter().next()
    }

    /// A command that runs `program` of this set: the one that was installed or, of a set of
    /// Debian's, the machine's own if it is on the `PATH`.
    ///
    /// A program of a Node package is named by the file of its script, below `node_modules`.
    ///
    /// # Errors
    ///
    /// If it is in neither place.
    pub fn command(&self, program: &str) -> Result<Command, Missing> {
        let own = self.own().and_then(|_| on_path(program)).map(Command::new);
        own.or_else(|| self.installed(program)).ok_or(Missing { set: self.name })
    }

    /// A command that runs the `program` that was installed.
    fn installed(&self, program: &str) -> Option<Command> {
        let folder = self.folder();
        let (script, command) = match self.source {
            Source::Debian { .. } => {
                let file = ["usr/bin", "usr/sbin", "bin"]
                    .iter()
                    .map(|below| folder.join(below).join(program))
                    .find(|file| file.is_file())?;
                return Some(with_libraries(Command::new(file), &folder));
            }
            Source::Python { .. } => (folder.join("bin").join(program), self.python().ok()),
            Source::Node { .. } => {
                (folder.join("node_modules").join(program), interpreter(&folder))
            }
        };
        let mut command = command.filter(|_| script.is_file())?;
        command.arg(script);
        Some(command)
    }

    /// The Python that this set's packages were installed for, and which finds them.
    ///
    /// # Errors
    ///
    /// If they are not installed.
    pub fn python(&self) -> Result<Command, Missing> {
        let folder = self.folder();
        let mut command = interpreter(&folder).ok_or(Missing { set: self.name })?;
        command.env("PYTHONPATH", &folder).env("PYTHONUNBUFFERED", "1");
        Ok(command)
    }
}

/// The file that says with which interpreter the scripts of a set are run.
pub const INTERPRETER: &str = ".interpreter";

fn interpreter(folder: &Path) -> Option<Command> {
    let file = PathBuf::from(fs::read_to_string(folder.join(INTERPRETER)).ok()?.trim());
    let command = Command::new(&file);
    // One that was installed here too needs its libraries.
    let place = place();
    let below = file.strip_prefix(&place).ok().and_then(|below| below.components().next());
    Some(match below {
        Some(set) => with_libraries(command, &place.join(set)),
        None => command,
    })
}

/// Lets a program find the libraries that were unpacked with it.
#[must_use]
pub fn with_libraries(mut command: Command, folder: &Path) -> Command {
    let architecture = format!("{}-linux-gnu", env::consts::ARCH);
    let mut folders: Vec<_> = ["usr/lib", "lib"]
        .iter()
        .flat_map(|below| [folder.join(below).join(&architecture), folder.join(below)])
        .filter(|folder| folder.is_dir())
        .collect();
    let before = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    folders.extend(env::split_paths(&before).filter(|path| !path.as_os_str().is_empty()));
    // Fails only if a folder's name holds the separator; the program then says what it misses.
    if let Ok(folders) = env::join_paths(folders)
        && !folders.is_empty()
    {
        command.env("LD_LIBRARY_PATH", folders);
    }
    command
}

/// The file of a program on the `PATH`.
#[must_use]
pub fn on_path(program: &str) -> Option<PathBuf> {
    in_folders(program, &env::var_os("PATH")?)
}

fn in_folders(program: &str, folders: &OsString) -> Option<PathBuf> {
    if program.contains('/') {
        return None;
    }
    env::split_paths(folders).map(|folder| folder.join(program)).find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// A server that is not on this machine; says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    pub(crate) set: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.set;
        write!(
            f,
            "{name} is not on this machine: install it by `cargo xtask servers install {name}`, \
             or leave its tests out by `cargo xtask test --without {name}`"
        )
    }
}

impl std::error::Error for Missing {}

impl From<Missing> for io::Error {
    fn from(missing: Missing) -> Self {
        Self::new(io::ErrorKind::NotFound, missing.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn debian(name: &'static str, programs: &'static [&'static str]) -> Set {
        let packages = &["absent"];
        Set { name, source: Source::Debian { suite: "none", packages, programs, libraries: false } }
    }

    #[test]
    fn what_is_on_the_path_is_found_and_a_folder_is_no_program() {
        assert!(on_path("sh").is_some());
        assert_eq!(on_path("no-such-program-anywhere"), None);
        assert_eq!(in_folders("bin", &"/usr".into()), None);
        assert_eq!(in_folders("statsd/stats.js", &"/usr".into()), None);
    }

    #[test]
    fn the_machines_own_program_is_used() {
        let shell = debian("shell", &["sh"]);
        assert_eq!(debian("shell", &["sh", "no-such-program-anywhere"]).own(), None);
        assert_eq!(shell.own(), on_path("sh"));
        assert_eq!(shell.command("sh").unwrap().get_program(), on_path("sh").unwrap());
        let python = Set { name: "shell", source: Source::Python { packages: &["sh"] } };
        assert_eq!(python.own(), None);
        python.command("sh").unwrap_err();
    }

    #[test]
    fn what_is_missing_says_what_to_do() {
        let absent = debian("absent", &["no-such-program-anywhere"]);
        let error = absent.command("no-such-program-anywhere").unwrap_err().to_string();
        assert!(error.contains("servers install absent"), "{error}");
        assert!(error.contains("--without absent"), "{error}");
        assert_eq!(error.lines().count(), 1);
    }
}
