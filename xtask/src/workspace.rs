//! The workspace as `cargo metadata` describes it.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::Result;

/// The workspace this program belongs to.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Cargo's target folder; what the commands install and generate goes in there too.
    pub(crate) target: PathBuf,
    /// In the order of their names.
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Default, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// The folder below the root, with `/` on every system: `crates/core`.
    pub(crate) folder: String,
    pub(crate) publishable: bool,
    pub(crate) dependencies: Vec<Dependency>,
    /// In the order of their names, `default` left out.
    pub(crate) features: Vec<String>,
    pub(crate) description: bool,
    pub(crate) keywords: bool,
    pub(crate) categories: bool,
    pub(crate) license: bool,
    pub(crate) repository: bool,
}

impl Package {
    /// Whether it is one of the crates of the toolkit, as opposed to an example or a tool.
    pub(crate) fn is_library(&self) -> bool {
        self.folder.starts_with("crates/")
    }

    /// Whether its tests, and they alone, depend on `name`.
    pub(crate) fn tests_with(&self, name: &str) -> bool {
        self.dependencies.iter().any(|dependency| dependency.name == name && !dependency.shipped)
    }

    /// Whether it is an example.
    pub(crate) fn is_example(&self) -> bool {
        self.folder.starts_with("examples/")
    }
}

/// A line of a `[dependencies]` table.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Needed to use the package, at build time or later; false for tests alone.
    pub(crate) shipped: bool,
    pub(crate) default_features: bool,
    /// By path rather than from a registry.
    pub(crate) local: bool,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    ///
    /// If cargo fails, for instance because a manifest is wrong or the lock file is not up to
    /// date.
    pub(crate) fn load() -> Result<Self> {
        let output = cargo()
            .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
            .output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("cargo metadata failed: {}", said.trim()).into());
        }
        Self::parse(&serde_json::from_slice(&output.stdout)?)
    }

    fn parse(metadata: &Value) -> Result<Self> {
        let root = PathBuf::from(text(metadata, "workspace_root")?);
        let mut packages = array(metadata, "packages")?
            .iter()
            .map(|package| Package::parse(&root, package))
            .collect::<Result<Vec<_>>>()?;
        packages.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(Self { target: text(metadata, "target_directory")?.into(), root, packages })
    }

    /// The crates of the toolkit.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.is_library())
    }
}

impl Package {
    fn parse(root: &Path, package: &Value) -> Result<Self> {
        let name = text(package, "name")?.to_owned();
        let manifest = Path::new(text(package, "manifest_path")?);
        let folder = manifest
            .parent()
            .and_then(|folder| folder.strip_prefix(root).ok())
            .ok_or_else(|| format!("{name} lies outside the workspace"))?
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect::<Vec<_>>()
            .join("/");
        let said = |key: &str| match &package[key] {
            Value::Null => false,
            Value::Array(list) => !list.is_empty(),
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        };
        Ok(Self {
            folder,
            // Absent means any registry, an empty list means none.
            publishable: package["publish"].as_array().is_none_or(|to| !to.is_empty()),
            dependencies: array(package, "dependencies")?
                .iter()
                .map(Dependency::parse)
                .collect::<Result<_>>()?,
            features: package["features"]
                .as_object()
                .into_iter()
                .flat_map(|features| features.keys())
                .filter(|name| *name != "default")
                .cloned()
                .collect(),
            description: said("description"),
            keywords: said("keywords"),
            categories: said("categories"),
            license: said("license"),
            repository: said("repository"),
            name,
        })
    }
}

impl Dependency {
    fn parse(dependency: &Value) -> Result<Self> {
        Ok(Self {
            name: text(dependency, "name")?.to_owned(),
            shipped: dependency["kind"].as_str() != Some("dev"),
            default_features: dependency["uses_default_features"].as_bool().unwrap_or(true),
            local: dependency["path"].is_string(),
        })
    }
}

/// The cargo that runs this program, so that a `+toolchain` on the command line holds throughout.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    Ok(value[key].as_str().ok_or_else(|| format!("cargo metadata without a text '{key}'"))?)
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    Ok(value[key].as_array().ok_or_else(|| format!("cargo metadata without a list '{key}'"))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_is_understood() {
        let workspace = Workspace::load().unwrap();
        let find = |name: &str| workspace.packages.iter().find(|p| p.name == name).unwrap();

        let core = find("oxkit-core");
        assert_eq!(core.folder, "crates/core");
        assert!(core.is_library() && core.publishable && core.description && core.license);
        let pin = core.dependencies.iter().find(|d| d.name == "pin-project-lite").unwrap();
        assert!(pin.shipped && !pin.local && !pin.default_features);
        let proptest = core.dependencies.iter().find(|d| d.name == "proptest").unwrap();
        assert!(!proptest.shipped);

        assert_eq!(find("oxkit-endpoint").features, ["tower"]);

        let this = find("xtask");
        assert!(!this.is_library() && !this.publishable);
        assert!(workspace.root.join("Cargo.lock").is_file());
    }

    #[test]
    fn metadata_of_another_shape_is_an_error_and_not_a_panic() {
        for json in ["{}", r#"{"workspace_root": 3}"#, r#"{"workspace_root": "/x"}"#, "[]"] {
            let value: Value = serde_json::from_str(json).unwrap();
            assert!(Workspace::parse(&value).is_err(), "{json}");
        }
    }
}
