//! Rules for the documents at the root: they are there, and say what they have to.

use super::{Violation, files::File};
use crate::workspace::Workspace;

/// What has to be there, and a text it has to contain.
const NEEDED: [(&str, &str); 6] = [
    ("ARCHITECTURE.md", "# "),
    ("CHANGELOG.md", "Unreleased"),
    ("CONTRIBUTING.md", "# "),
    ("LICENSE-APACHE", "END OF TERMS AND CONDITIONS"),
    ("LICENSE-MIT", "Permission is hereby granted"),
    ("README.md", "# "),
];

/// Checks the documents.
pub(super) fn check(files: &[File], workspace: &Workspace) -> Vec<Violation> {
    let libraries: Vec<_> = workspace.libraries().map(|package| package.name.as_str()).collect();
    let mut found = Vec::new();
    for (path, needed) in NEEDED {
        match files.iter().find(|file| file.path == path) {
            None => found.push(Violation::new(path, 1, "is missing: write it")),
            Some(file) if !file.text.contains(needed) => {
                let what = format!("does not contain '{needed}': add it");
                found.push(Violation::new(path, 1, what));
            }
            Some(_) => {}
        }
    }
    if let Some(readme) = files.iter().find(|file| file.path == "README.md") {
        found.extend(libraries.into_iter().filter(|name| !in_table(readme, name)).map(|name| {
            let what = format!("{name} is not in the table of crates: add a row");
            Violation::new("README.md", 1, what)
        }));
    }
    if let Some(changelog) = files.iter().find(|file| file.path == "CHANGELOG.md")
        && !changelog.lines().any(|(_, line)| is_unreleased(line))
    {
        let what = "no section for what is to come: add ## [Unreleased]";
        found.push(Violation::new("CHANGELOG.md", 1, what));
    }
    found
}

fn is_unreleased(line: &str) -> bool {
    line.strip_prefix("## ").is_some_and(|title| title.trim_matches(['[', ']']) == "Unreleased")
}

/// Whether a row of a table names the crate, and not only a longer name.
fn in_table(readme: &File, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    readme
        .lines()
        .filter(|(_, line)| line.starts_with('|'))
        .any(|(_, row)| row.split(|c| !part(c)).any(|word| word == name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Package;

    fn good() -> Vec<File> {
        NEEDED
            .iter()
            .map(|(path, needed)| match *path {
                "README.md" => {
                    File::sample(path, "# oxkit\n\n| [`oxkit-log`](crates/log) | logs |\n")
                }
                "CHANGELOG.md" => File::sample(path, "# Changelog\n\n## [Unreleased]\n"),
                path => File::sample(path, needed),
            })
            .collect()
    }

    fn check_files(files: &[File], expected: &[(&str, &str)]) {
        let workspace = Workspace {
            root: "root".into(),
            target: "target".into(),
            packages: vec![Package {
                name: "oxkit-log".to_owned(),
                folder: "crates/log".to_owned(),
                ..Package::default()
            }],
        };
        let found = check(files, &workspace);
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (violation, (path, what)) in found.iter().zip(expected) {
            assert_eq!(violation.path, *path, "{violation}");
            assert!(violation.what.contains(what), "{violation} does not say {what:?}");
        }
    }

    fn replaced(path: &str, text: &str) -> Vec<File> {
        let mut files = good();
        files.retain(|file| file.path != path);
        files.push(File::sample(path, text));
        files
    }

    #[test]
    fn every_document_is_there() {
        check_files(&good(), &[]);
        for (path, _) in NEEDED {
            let mut files = good();
            files.retain(|file| file.path != path);
            check_files(&files, &[(path, "missing")]);
        }
    }

    #[test]
    fn a_licence_is_its_whole_text() {
        check_files(&replaced("LICENSE-MIT", "MIT\n"), &[("LICENSE-MIT", "Permission")]);
    }

    #[test]
    fn the_readme_has_a_row_for_every_crate() {
        for without in ["# oxkit\n\noxkit-log logs\n", "# oxkit\n| oxkit-logger |\n"] {
            check_files(&replaced("README.md", without), &[("README.md", "add a row")]);
        }
    }

    #[test]
    fn the_changelog_has_a_place_for_what_is_to_come() {
        check_files(&replaced("CHANGELOG.md", "## Unreleased\n"), &[]);
        let released = "# Unreleased things are below\n\n## 0.1.0\n";
        check_files(&replaced("CHANGELOG.md", released), &[("CHANGELOG.md", "## [Unreleased]")]);
    }
}
