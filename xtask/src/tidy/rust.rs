//! Rules for Rust files: they say what they are for, stay short, and their tests run and do not
//! wait.

use super::{Violation, files::File};

/// No file is longer.
const LONGEST: usize = 600;

/// A longer file usually holds a second concept.
const LONG: usize = 400;

/// Checks one file.
pub(super) fn check(file: &File) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut report = |line, what: String| found.push(Violation::new(&file.path, line, what));

    if !file.text.starts_with("//! ") {
        report(1, "does not say what it is for: open it with a //! line".to_owned());
    }
    let lines = file.text.lines().count();
    if lines > LONGEST {
        report(lines, format!("{lines} lines, {LONGEST} at most: take a concept out"));
    }
    let mut test: Option<Test<'_>> = None;
    for (number, line) in file.lines() {
        let code = line.trim_start();
        if code.starts_with(concat!("#[ig", "nore")) {
            report(number, "a test that does not run: repair it or remove it".to_owned());
        }
        if is_ignored_example(code) {
            report(number, "an example that nobody compiles: make it run".to_owned());
        }
        test = Test::after(test, line);
        let waits = code.contains(concat!("sle", "ep(")) && !code.starts_with("//");
        // In a test that pauses the clock a sleep takes no time. Std's is forbidden by clippy.
        if waits && test.as_ref().is_some_and(|test| !test.paused) {
            report(number, "a test that waits: wait for the event, or pause the clock".to_owned());
        }
    }
    found
}

/// The test function that a line is in.
struct Test<'a> {
    indent: &'a str,
    paused: bool,
}

impl<'a> Test<'a> {
    /// Where the reader is after `line`, if before it was in `test`.
    fn after(test: Option<Self>, line: &'a str) -> Option<Self> {
        let code = line.trim_start();
        let indent = &line[..line.len() - code.len()];
        let begins = code.starts_with("#[test]") || code.starts_with("#[tokio::test");
        let mut test = if begins { Some(Self { indent, paused: false }) } else { test };
        if let Some(test) = &mut test {
            test.paused |= code.contains("start_paused = true") || code.contains("time::pause()");
        }
        // The brace that closes the function stands where its attribute began.
        test.filter(|test| code != "}" || indent != test.indent)
    }
}

/// Worth a thought, and no violation.
pub(super) fn long(file: &File) -> Option<Violation> {
    let lines = file.text.lines().count();
    let what = format!("{lines} lines: look for the second concept");
    (LONG < lines && lines <= LONGEST).then(|| Violation::new(&file.path, lines, what))
}

/// Whether a line of a doc comment opens a block that `rustdoc` is told to pass over.
fn is_ignored_example(code: &str) -> bool {
    let doc = code.strip_prefix("///").or_else(|| code.strip_prefix("//!"));
    let info = doc.and_then(|doc| doc.trim_start().strip_prefix("```"));
    info.is_some_and(|info| info.split(',').any(|word| word.trim() == "ignore"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_file(path: &str, text: &str, expected: &[(usize, &str)]) {
        let found = check(&File::sample(path, text));
        assert_eq!(found.len(), expected.len(), "{text:?}: {found:?}");
        for (violation, (line, what)) in found.iter().zip(expected) {
            assert_eq!(violation.line, *line, "{violation}");
            assert!(violation.what.contains(what), "{violation} does not say {what:?}");
        }
    }

    fn of_length(lines: usize) -> String {
        format!("//! Long.\n{}", "\n".repeat(lines - 1))
    }

    #[test]
    fn a_file_says_what_it_is_for_in_its_first_line() {
        check_file("build.rs", "//! Says it.\nfn main() {}\n", &[]);
        for silent in ["", "fn main() {}\n", "// Says it.\n", "\n//! Late.\n", "//!\n"] {
            check_file("build.rs", silent, &[(1, "what it is for")]);
        }
    }

    #[test]
    fn a_file_is_as_long_as_allowed_and_no_longer() {
        check_file("a.rs", &of_length(LONGEST), &[]);
        check_file("a.rs", &of_length(LONGEST + 1), &[(LONGEST + 1, "at most")]);
    }

    #[test]
    fn a_long_file_is_a_warning_until_it_is_a_violation() {
        let warned = |lines| long(&File::sample("a.rs", &of_length(lines))).is_some();
        assert_eq!([LONG, LONG + 1, LONGEST, LONGEST + 1].map(warned), [false, true, true, false]);
    }

    #[test]
    fn every_test_and_every_example_runs() {
        let ignored = concat!("//! A.\n#[test]\n#[ig", "nore = \"slow\"]\nfn a() {}\n");
        check_file("a.rs", ignored, &[(3, "does not run")]);
        check_file("a.rs", "//! ```rust,ignore\n//! ```\n", &[(1, "nobody compiles")]);
        check_file("a.rs", "//! ```no_run\n//! ```text\n/// ```\n", &[]);
    }

    #[test]
    fn a_test_waits_for_events_or_on_the_paused_clock() {
        let sleeps = |attribute: &str, inner: &str| {
            let sleep = concat!("tokio::time::sle", "ep(SECOND).await;");
            format!("//! A.\n{attribute}\nasync fn a() {{\n    {inner}\n    {sleep}\n}}\n")
        };
        check_file("b.rs", &sleeps("#[tokio::test]", ""), &[(5, "waits")]);
        check_file(
            "b.rs",
            &sleeps("#[tokio::test(flavor = \"multi_thread\")]", "if a {\n    }"),
            &[(6, "waits")],
        );
        check_file("b.rs", &sleeps("#[tokio::test(start_paused = true)]", ""), &[]);
        check_file("b.rs", &sleeps("#[tokio::test(\n    start_paused = true\n)]", ""), &[]);
        check_file("b.rs", &sleeps("#[test]", "tokio::time::pause();"), &[]);
        // What tests share is called by tests that pause the clock.
        check_file("b.rs", &sleeps("/// Shared.", ""), &[]);
        let after_a_test = sleeps("#[test]\nfn b() {\n}\n", "");
        check_file("b.rs", &after_a_test, &[]);
        let comment = concat!("//! A.\n#[test]\n// never sle", "ep() here\n");
        check_file("b.rs", comment, &[]);
    }
}
