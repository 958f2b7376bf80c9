//! The dependency rule: a crate depends on `oxkit-core` and on no other crate of the toolkit. Its
//! tests may depend on what tests share, and on no other crate either.
//!
//! That is why a program that wants one part of the toolkit compiles one part of it.

use super::{Violation, manifest::Manifest};
use crate::{
    Result,
    workspace::{Package, cargo},
};

const CORE: &str = "oxkit-core";

/// How the names of packages begin that tests share: those under `testing`.
const TESTING: &str = "testing-";

/// How many crates of others may stand in the tree of `oxkit-core`.
const CORE_TREE: usize = 2;

/// Checks what one package depends on.
pub(super) fn check(package: &Package, manifest: &Manifest<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let name = &dependency.name;
        let mut report = |what| {
            found.push(Violation::new(manifest.path, manifest.dependency(name), what));
        };
        let for_tests = !dependency.shipped && name.starts_with(TESTING);
        if package.is_library() && dependency.local && name != CORE && !for_tests {
            report(format!(
                "{} depends on {name}: a crate depends on {CORE} alone; let the two meet in its \
                 vocabulary or in the user's main; a test of both is a test of an example",
                package.name
            ));
        }
        if !dependency.local && dependency.default_features {
            report(format!("{name} comes with its default features: name what is used"));
        }
    }
    found
}

/// Checks the tree of `oxkit-core`.
pub(super) fn check_core(tree: &[String]) -> Option<Violation> {
    (tree.len() > CORE_TREE).then(|| {
        let what = format!(
            "{CORE} pulls in {} crates, {CORE_TREE} at most: {}",
            tree.len(),
            tree.join(", ")
        );
        Violation::new("crates/core/Cargo.toml", 1, what)
    })
}

/// The crates that `package` pulls in on any system, itself left out.
pub(super) fn external_tree(package: &str) -> Result<Vec<String>> {
    let output = cargo()
        .args(["tree", "--locked", "--all-features", "-e", "normal,build", "--target", "all"])
        .args(["--prefix", "none", "--format", "{p}", "-p", package])
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo tree failed: {}", said.trim()).into());
    }
    Ok(names(&String::from_utf8(output.stdout)?, package))
}

fn names(tree: &str, package: &str) -> Vec<String> {
    let mut names: Vec<_> = tree
        .lines()
        // tower-layer v0.3.3 (*)
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != package)
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{tidy::files::File, workspace::Dependency};

    fn on(name: &str) -> Dependency {
        Dependency {
            name: name.to_owned(),
            shipped: true,
            default_features: false,
            local: name.starts_with("oxkit-"),
        }
    }

    fn check_on(folder: &str, dependencies: Vec<Dependency>, expected: &[(usize, &str)]) {
        let package = Package {
            name: "oxkit-log".to_owned(),
            folder: folder.to_owned(),
            dependencies,
            ..Package::default()
        };
        let text = "[dependencies]\noxkit-core.workspace = true\noxkit-sd.workspace = true\n\
                    log.workspace = true\n";
        let file = File::sample("Cargo.toml", text);
        let found = check(&package, &Manifest::parse(&file));
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (violation, (line, what)) in found.iter().zip(expected) {
            assert_eq!(violation.line, *line, "{violation}");
            assert!(violation.what.contains(what), "{violation} does not say {what:?}");
        }
    }

    #[test]
    fn a_crate_depends_on_core_and_on_no_sibling() {
        check_on("crates/log", vec![on("oxkit-core"), on("log")], &[]);
        check_on("crates/log", vec![on("oxkit-core"), on("oxkit-sd")], &[(3, "oxkit-sd")]);
    }

    #[test]
    fn tests_may_share_packages_and_examples_may_use_every_crate() {
        let for_tests = |name| Dependency { shipped: false, local: true, ..on(name) };
        check_on("crates/log", vec![for_tests("testing-servers")], &[]);
        check_on("crates/log", vec![for_tests("oxkit-sd")], &[(3, "oxkit-sd")]);
        let shipped = Dependency { local: true, ..on("testing-servers") };
        check_on("crates/log", vec![shipped], &[(1, "testing-servers")]);
        check_on("examples/todosvc", vec![on("oxkit-sd")], &[]);
    }

    #[test]
    fn default_features_are_never_switched_on_by_a_member() {
        let all = Dependency { default_features: true, ..on("log") };
        check_on("examples/todosvc", vec![all], &[(4, "default features")]);
        let own = Dependency { default_features: true, ..on("oxkit-core") };
        check_on("crates/log", vec![own], &[]);
    }

    #[test]
    fn the_tree_of_core_is_counted_once_a_crate_and_without_core() {
        let tree = "oxkit-core v0.1.0 (crates/core)\npin-project-lite v0.2.17\n\
                    tower-layer v0.3.3\npin-project-lite v0.2.17 (*)\n";
        let mut found = names(tree, CORE);
        assert_eq!(found, ["pin-project-lite", "tower-layer"]);
        assert_eq!(check_core(&found), None);
        found.push("third".to_owned());
        assert!(check_core(&found).unwrap().what.contains("third"));
    }
}
