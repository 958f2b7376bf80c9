//! One service as a package of its own.

use std::{
    collections::BTreeSet,
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A service that is generated, built and weighed.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) what: &'static str,
    /// Its dependencies; `ROOT` stands for the folder of our workspace.
    pub(super) manifest: &'static str,
    pub(super) program: &'static str,
}

/// What it weighs.
#[derive(Debug)]
pub(super) struct Weight {
    pub(super) crates: usize,
    /// The size of the stripped binary.
    pub(super) bytes: u64,
    /// Packages that our workspace's lock file does not hold in this version.
    pub(super) not_locked: Vec<String>,
}

impl Package {
    pub(super) fn weigh(&self) -> io::Result<Weight> {
        let target = target()?;
        let folder = target.join(self.name);
        let lock = self.generate(&folder)?;
        cargo(&folder, &["build", "--release", "--quiet"])?;
        let tree = cargo(&folder, &["tree", "--edges", "normal,build", "--prefix", "none"])?;
        let name = self.package();
        let program = target.join("target/release").join(&name);
        let locked = packages(&lock);
        let used = packages(&fs::read_to_string(folder.join("Cargo.lock"))?);
        Ok(Weight {
            crates: crates(&tree, &name),
            bytes: fs::metadata(program)?.len(),
            not_locked: used
                .difference(&locked)
                .filter(|other| !other.starts_with(&name))
                .cloned()
                .collect(),
        })
    }

    /// Writes the package with our lock file, which cargo then cuts down; gives the whole one.
    fn generate(&self, folder: &Path) -> io::Result<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        let lock = fs::read_to_string(root.join("Cargo.lock"))?;
        let dependencies = self.manifest.replace("ROOT", &root.to_string_lossy());
        let manifest = format!(
            "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
             [workspace]\n\n[profile.release]\nstrip = true\n\n{dependencies}",
            self.package()
        );
        fs::create_dir_all(folder.join("src"))?;
        fs::write(folder.join("Cargo.toml"), manifest)?;
        fs::write(folder.join("src/main.rs"), self.program)?;
        fs::write(folder.join("Cargo.lock"), &lock)?;
        Ok(lock)
    }

    fn package(&self) -> String {
        format!("weight-{}", self.name)
    }
}

/// How many crates from elsewhere the core of oxkit pulls in.
pub(super) fn core_crates() -> io::Result<usize> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let package = ["--package", "oxkit-core", "--edges", "normal", "--prefix", "none"];
    let tree = cargo(folder, &[["tree", "--locked"].as_slice(), &package].concat())?;
    Ok(crates(&tree, "oxkit-core"))
}

/// Beside what this program was built into.
fn target() -> io::Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    Ok(target.join("weight"))
}

fn cargo(folder: &Path, arguments: &[&str]) -> io::Result<String> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(arguments)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target()?.join("target"))
        .stderr(Stdio::inherit())
        .output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(io::Error::other(format!("cargo {} fails in {}", arguments[0], folder.display())))
    }
}

/// How many packages a tree without indentation names, each version once, without the root.
fn crates(tree: &str, root: &str) -> usize {
    let lines = tree.lines().filter(|line| !line.is_empty());
    let name = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let names: BTreeSet<String> = lines.map(name).collect();
    names.iter().filter(|name| !name.starts_with(&format!("{root} "))).count()
}

/// Name and version of every package of a lock file.
fn packages(lock: &str) -> BTreeSet<String> {
    let value = |line: &str, key: &str| {
        line.strip_prefix(key).map(|value| value.trim_matches(['"', ' ', '=']).to_owned())
    };
    let mut all = BTreeSet::new();
    let mut name = String::new();
    for line in lock.lines() {
        if let Some(found) = value(line, "name = ") {
            name = found;
        } else if let Some(version) = value(line, "version = ") {
            all.insert(format!("{name} {version}"));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_however_often_the_tree_names_it() {
        let tree = "weight-x v0.0.0 (/a/weight-x)\nbytes v1.0.0\nhttp v1.0.0\nbytes v1.0.0 (*)\n\
                    http v0.2.0\n";
        assert_eq!(crates(tree, "weight-x"), 3);
    }

    #[test]
    fn packages_of_a_lock_file_are_found() {
        let lock = "version = 4\n\n[[package]]\nname = \"bytes\"\nversion = \"1.0.0\"\n";
        assert!(packages(lock).contains("bytes 1.0.0"));
    }
}
