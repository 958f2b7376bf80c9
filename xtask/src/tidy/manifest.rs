//! Rules for manifests: what is shared comes from the workspace, and what a registry shows is
//! there.
//!
//! The text is read line by line instead of by a TOML library: the rules ask for lines, and the
//! few forms a line may have here are themselves a rule.

use super::{Violation, files::File};
use crate::workspace::Package;

/// The lines `key = value` of a manifest.
#[derive(Debug)]
pub(super) struct Manifest<'a> {
    pub(super) path: &'a str,
    entries: Vec<Entry<'a>>,
}

#[derive(Debug)]
struct Entry<'a> {
    section: &'a str,
    key: &'a str,
    value: &'a str,
    line: usize,
}

impl<'a> Manifest<'a> {
    pub(super) fn parse(file: &'a File) -> Self {
        let mut section = "";
        let mut entries = Vec::new();
        for (number, line) in file.lines() {
            let line = line.trim();
            if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = header;
            } else if !line.starts_with('#')
                && let Some((key, value)) = line.split_once('=')
            {
                let (key, value) = (key.trim(), value.trim());
                entries.push(Entry { section, key, value, line: number });
            }
        }
        Self { path: &file.path, entries }
    }

    /// The line on which a dependency is declared; the first line if it is not found.
    pub(super) fn dependency(&self, name: &str) -> usize {
        self.entries
            .iter()
            .filter(|entry| is_dependencies(entry.section))
            .find(|entry| entry.key.split('.').next() == Some(name))
            .map_or(1, |entry| entry.line)
    }

    fn has(&self, section: &str, key: &str, value: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.section == section && entry.key == key && entry.value == value)
    }
}

fn is_dependencies(section: &str) -> bool {
    section.ends_with("dependencies") && section != "workspace.dependencies"
}

/// What every package takes over from the workspace.
const INHERITED: [&str; 4] = ["version", "edition", "rust-version", "license"];

/// Checks the manifest of one package.
pub(super) fn check_package(package: &Package, manifest: &Manifest<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut report = |line, what: String| found.push(Violation::new(manifest.path, line, what));

    for key in INHERITED {
        if !manifest.has("package", &format!("{key}.workspace"), "true") {
            report(1, format!("its own {key}: write {key}.workspace = true"));
        }
    }
    if !manifest.has("lints", "workspace", "true") {
        report(1, "its own lints: write workspace = true under [lints]".to_owned());
    }
    for entry in &manifest.entries {
        let shared = entry.key.ends_with(".workspace") || entry.value.contains("workspace = true");
        if is_dependencies(entry.section) && !shared {
            report(
                entry.line,
                format!(
                    "{} is declared here: declare it in the root manifest and write workspace = true",
                    entry.key
                ),
            );
        }
        if entry.section.rsplit_once('.').is_some_and(|(table, _)| is_dependencies(table)) {
            let name = entry.section;
            report(entry.line, format!("[{name}] is a table: write one line under the table"));
        }
    }

    if package.is_library() {
        for (key, there) in [
            ("description", package.description),
            ("keywords", package.keywords),
            ("categories", package.categories),
            ("license", package.license),
            ("repository", package.repository),
        ] {
            if !there {
                report(1, format!("no {key}, and registries show it: add it"));
            }
        }
        let named = package.folder.trim_start_matches("crates/").replace('/', "-");
        if package.name != format!("oxkit-{named}") {
            report(1, format!("{} is not named after its folder: oxkit-{named}", package.name));
        }
    }
    if package.publishable && !package.is_library() {
        report(1, "could be published by mistake: write publish = false".to_owned());
    } else if !package.publishable && package.is_library() {
        report(1, "could not be published: remove publish".to_owned());
    }
    found
}

/// Checks the root manifest.
pub(super) fn check_workspace(manifest: &Manifest<'_>) -> Vec<Violation> {
    manifest
        .entries
        .iter()
        .filter(|entry| entry.section == "workspace.dependencies")
        // A member chooses among its siblings' features itself.
        .filter(|entry| !entry.value.contains("path ="))
        .filter(|entry| !entry.value.contains("default-features = false"))
        .map(|entry| {
            let what = format!(
                "{} comes with its default features: \
                write default-features = false and name what is used",
                entry.key
            );
            Violation::new(manifest.path, entry.line, what)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
[package]
name = \"oxkit-log\"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true

[lints]
workspace = true

[dependencies]
# Comments = are no entries.
bytes.workspace = true
serde = { workspace = true, features = [\"derive\"] }
";

    fn library() -> Package {
        Package {
            name: "oxkit-log".to_owned(),
            folder: "crates/log".to_owned(),
            publishable: true,
            description: true,
            keywords: true,
            categories: true,
            license: true,
            repository: true,
            ..Package::default()
        }
    }

    fn check(package: &Package, text: &str, expected: &[(usize, &str)]) {
        let file = File::sample("Cargo.toml", text);
        expect(&check_package(package, &Manifest::parse(&file)), expected);
    }

    fn expect(found: &[Violation], expected: &[(usize, &str)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (violation, (line, what)) in found.iter().zip(expected) {
            assert_eq!(violation.line, *line, "{violation}");
            assert!(violation.what.contains(what), "{violation} does not say {what:?}");
        }
    }

    #[test]
    fn what_is_shared_comes_from_the_workspace() {
        check(&library(), GOOD, &[]);
        for key in INHERITED {
            let inherited = format!("{key}.workspace = true");
            let own = GOOD.replacen(&inherited, &format!("{key} = \"1\""), 1);
            check(&library(), &own, &[(1, &format!("its own {key}"))]);
        }
        check(&library(), &GOOD.replace("[lints]", "[lint]"), &[(1, "its own lints")]);
    }

    #[test]
    fn a_dependency_is_declared_at_the_root_and_on_one_line() {
        let own =
            format!("{GOOD}log = \"0.4\"\n[dev-dependencies]\ntoml = {{ version = \"1\" }}\n");
        check(&library(), &own, &[(15, "log is declared here"), (17, "toml is declared here")]);
        let table = format!("{GOOD}[dependencies.log]\nversion = \"1\"\n");
        check(&library(), &table, &[(16, "[dependencies.log] is a table")]);
    }

    #[test]
    fn what_a_registry_shows_is_there() {
        let bare = Package {
            description: false,
            keywords: false,
            categories: false,
            license: false,
            repository: false,
            ..library()
        };
        let missing = ["description", "keywords", "categories", "license", "repository"];
        check(&bare, GOOD, &missing.map(|key| (1, key)));
    }

    #[test]
    fn a_crate_is_named_after_its_folder() {
        let misnamed = Package { name: "oxlog".to_owned(), ..library() };
        check(&misnamed, GOOD, &[(1, "oxkit-log")]);
    }

    #[test]
    fn only_the_crates_can_be_published() {
        let hidden = Package { publishable: false, ..library() };
        check(&hidden, GOOD, &[(1, "remove publish")]);
        let example = Package { folder: "examples/todosvc".to_owned(), ..Package::default() };
        check(&example, GOOD, &[]);
        check(&Package { publishable: true, ..example }, GOOD, &[(1, "publish = false")]);
    }

    #[test]
    fn the_workspace_takes_no_default_features() {
        let text = "[workspace.dependencies]\n\
            oxkit-core = { path = \"crates/core\", version = \"0.1.0\" }\n\
            log = { version = \"0.4\", default-features = false }\n\
            bytes = \"1\"\n\
            http = { version = \"1\" }\n\
            [workspace.lints.rust]\n\
            unsafe_code = \"forbid\"\n";
        let file = File::sample("Cargo.toml", text);
        let found = check_workspace(&Manifest::parse(&file));
        expect(&found, &[(4, "bytes comes with"), (5, "http comes with")]);
    }

    #[test]
    fn a_dependency_is_found_by_its_whole_name() {
        let file = File::sample("Cargo.toml", GOOD);
        let manifest = Manifest::parse(&file);
        assert_eq!(manifest.dependency("bytes"), 13);
        assert_eq!(manifest.dependency("serde"), 14);
        assert_eq!(manifest.dependency("serde_json"), 1);
    }
}
