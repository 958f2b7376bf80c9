//! Reads the files the rules look at.

use std::{fs, path::Path};

use crate::Result;

/// A text file of the repository.
#[derive(Debug)]
pub(super) struct File {
    /// Below the root, with `/` on every system.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// The lines with their numbers, counted from 1. A `\r` is part of its line.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.split_terminator('\n').enumerate().map(|(at, line)| (at + 1, line))
    }

    /// The file's name without the folders.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// What the name ends with, without the dot.
    pub(super) fn extension(&self) -> &str {
        self.name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    #[cfg(test)]
    pub(super) fn sample(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }
}

/// What is made rather than written, at any depth.
const MADE: [&str; 4] = ["target", "corpus", "artifacts", "node_modules"];

/// The hidden folders that are the project's; others are an editor's, or git's.
const HIDDEN: [&str; 2] = [".cargo", ".ci"];

fn is_ours(folder: &str) -> bool {
    if folder.starts_with('.') { HIDDEN.contains(&folder) } else { !MADE.contains(&folder) }
}

/// All text files below `root`, in the order of their paths. What is not UTF-8 is left out.
pub(super) fn read(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, below)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = format!("{below}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if is_ours(&name) {
                    folders.push((entry.path(), format!("{path}/")));
                }
            } else if kind.is_file()
                // In a worktree git's folder is a file that points elsewhere.
                && name != ".git"
                && let Ok(text) = String::from_utf8(fs::read(entry.path())?)
            {
                files.push(File { path, text });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_at_any_depth_and_what_is_made_is_not() {
        let root = tempfile::tempdir().unwrap();
        for (path, bytes) in [
            ("b.md", &b"b"[..]),
            ("a/deep/c.rs", b"c"),
            ("a/target/made.rs", b"made"),
            (".ci/run", b"run"),
            (".editor/state", b"state"),
            (".git", b"elsewhere"),
            ("picture.png", b"\xff\xfe"),
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        let files = read(root.path()).unwrap();
        let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, [".ci/run", "a/deep/c.rs", "b.md"]);
        assert_eq!((files[1].name(), files[1].extension()), ("c.rs", "rs"));
    }

    #[test]
    fn a_name_without_a_dot_has_no_extension() {
        assert_eq!(File::sample("a.b/run", "").extension(), "");
    }
}
