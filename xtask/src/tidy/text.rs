//! Rules for every text file: white space, unfinished work, and what is true on one machine only.

use super::{Violation, files::File};

/// Checks one file.
pub(super) fn check(file: &File) -> Vec<Violation> {
    let mut found = Vec::new();
    // Written by tools, or word for word by someone else.
    if file.name() == "Cargo.lock" || file.name().starts_with("LICENSE") {
        return found;
    }
    let mut report = |line, what: &str| found.push(Violation::new(&file.path, line, what));

    for (number, line) in file.lines() {
        // In Markdown two spaces at the end break a line; that is what `\` is for.
        if line.ends_with([' ', '\t', '\r']) {
            report(number, "white space at the end of the line: remove it");
        }
        // Go's and make's own formatters put tabs.
        if line.contains('\t') && !matches!(file.extension(), "go" | "mod" | "mk") {
            report(number, "a tab: use spaces");
        }
        if UNFINISHED.iter().any(|word| has_word(line, word)) {
            report(number, "unfinished work: finish it, or open an issue and take the note out");
        }
        if names_machine_path(line) {
            report(number, "a path that exists on one machine: make it relative, or temporary");
        }
        if names_registry(line) {
            report(number, "a host that packages come from: that is each machine's own setting");
        }
    }
    let lines = file.text.lines().count();
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        report(lines, "no line break at the end of the file: add one");
    } else if file.text.ends_with("\n\n") {
        report(lines, "empty lines at the end of the file: remove them");
    }
    found
}

// In pieces, or the rule would find itself.
const UNFINISHED: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Whether `word` stands in `line` by itself, not as a part of a longer name.
fn has_word(line: &str, word: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(joins) && !line[at + word.len()..].starts_with(joins))
}

/// Folders at the root of a file system under which each machine looks different.
const MACHINE: [&str; 5] = ["home/", "root/", "tmp/", "work/", "Users/"];

fn names_machine_path(line: &str) -> bool {
    line.match_indices('/').any(|(at, _)| {
        // `a/tmp/b` and `../work/b` do not begin at the root.
        let begins =
            !line[..at].ends_with(|c: char| c.is_alphanumeric() || "/._-~)}>$".contains(c));
        begins && MACHINE.iter().any(|folder| line[at + 1..].starts_with(folder))
    })
}

/// Parts of a host's name that give away where packages are fetched from.
const REGISTRY: [&str; 10] = [
    "artifactory",
    "deb",
    "goproxy",
    "index",
    "mirror",
    "mirrors",
    "nexus",
    "npmjs",
    "pypi",
    "registry",
];

fn names_registry(line: &str) -> bool {
    line.match_indices("://").any(|(at, _)| {
        let host = line[at + 3..]
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-'))
            .next()
            .unwrap_or_default();
        // Names kept for documentation stand for no host.
        let real = ![".example", ".test", ".invalid", "example.com", "example.org"]
            .iter()
            .any(|end| host.ends_with(end));
        real && host.split('.').any(|label| REGISTRY.contains(&label))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_lines(path: &str, text: &str, expected: &[(usize, &str)]) {
        let found = check(&File::sample(path, text));
        assert_eq!(found.len(), expected.len(), "{text:?}: {found:?}");
        for (violation, (line, what)) in found.iter().zip(expected) {
            assert_eq!(violation.line, *line, "{violation}");
            assert!(violation.what.contains(what), "{violation} does not say {what:?}");
        }
    }

    #[test]
    fn white_space_is_neither_left_over_nor_missing() {
        check_lines("a.rs", "fn a() {}\n", &[]);
        check_lines("a.rs", "", &[]);
        check_lines("a.rs", "fn a() {} \n\nb\r\n", &[(1, "white space"), (3, "white space")]);
        check_lines("a.toml", "\ta = 1\n", &[(1, "tab")]);
        check_lines("main.go", "\ta := 1\n", &[]);
        check_lines("a.rs", "one\ntwo", &[(2, "no line break")]);
        check_lines("a.rs", "one\n\n\n", &[(3, "empty lines")]);
    }

    #[test]
    fn unfinished_work_is_found_and_names_that_contain_the_word_are_not() {
        let [todo, fixme, _] = UNFINISHED;
        check_lines(
            "a.rs",
            &format!("// {todo}: later\n// ({fixme})\n"),
            &[(1, "unf"), (2, "unf")],
        );
        check_lines("a.rs", &format!("const {todo}_LIMIT: u8 = 1; // a todo, {todo}S\n"), &[]);
    }

    #[test]
    fn paths_of_one_machine_are_found_and_relative_ones_are_not() {
        let at_root = |folder: &str| format!("let path = \"/{folder}x\";\n");
        for folder in MACHINE {
            check_lines("a.rs", &at_root(folder), &[(1, "one machine")]);
        }
        for fine in [
            "../work/x",
            "target/tmp/x",
            "https://host/home/x",
            "/homes/x",
            "${dir}/tmp/x",
            "/workspace/x",
            "/work",
        ] {
            check_lines("a.sh", &format!("cat {fine}\n"), &[]);
        }
    }

    #[test]
    fn hosts_that_packages_come_from_are_found_and_others_are_not() {
        for label in REGISTRY {
            let line = format!("curl https:/{}{label}.somewhere.net/x\n", "/");
            check_lines("run", &line, &[(1, "a host")]);
        }
        for fine in [
            "https://github.com/rust-lang/crates.io-index",
            "http://127.0.0.1:8080/index",
            "https://registry.example/x",
            "https://docs.rs/registry",
        ] {
            check_lines("a.md", &format!("{fine}\n"), &[]);
        }
    }

    #[test]
    fn what_others_wrote_word_for_word_is_left_alone() {
        check_lines("LICENSE-APACHE", "\tby tab  \n\n", &[]);
        check_lines("Cargo.lock", "no line break", &[]);
    }
}
