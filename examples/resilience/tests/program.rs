//! The program as its users run it.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::{Command, Output, Stdio},
};

const PROGRAM: &str = env!("CARGO_BIN_EXE_resilience");

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("it was built for this test")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("it prints text")
}

#[test]
fn the_picture_in_the_documentation_is_what_the_program_draws() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("drawn.svg");
    let ran = run(&["--fast", "--svg", file.to_str().unwrap()]);
    assert!(ran.status.success(), "{ran:?}");
    let drawn = fs::read_to_string(file).unwrap();
    let shown = concat!(env!("CARGO_MANIFEST_DIR"), "/resilience.svg");
    assert!(
        drawn == fs::read_to_string(shown).unwrap(),
        "it draws something else now. Look at it, and if it is right: cargo run -p resilience -- \
         --fast --svg examples/resilience/resilience.svg"
    );
}

#[test]
fn in_real_time_it_shows_the_same_rows_one_each_second() {
    let fast = text(&run(&["--fast"]).stdout);
    let mut child = Command::new(PROGRAM).stdout(Stdio::piped()).spawn().unwrap();
    let rows = BufReader::new(child.stdout.take().unwrap()).lines();
    // The head, the heading of the first phase, and the first two seconds.
    for (row, expected) in rows.zip(fast.lines().take(7)) {
        assert_eq!(row.unwrap(), expected);
        if expected.starts_with("  2") {
            break;
        }
    }
    assert!(child.try_wait().unwrap().is_none(), "it goes on");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn every_second_has_its_row_and_colours_change_nothing_else() {
    let plain = text(&run(&["--fast"]).stdout);
    let rows =
        plain.lines().filter(|row| row.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(rows.count(), 60);
    assert!(!plain.contains('\x1b'), "it is no terminal");

    let mut stripped = text(&run(&["--fast", "--color", "always"]).stdout);
    assert!(stripped.contains('\x1b'));
    for code in ["\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[35m", "\x1b[36m"] {
        stripped = stripped.replace(code, "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn the_command_line_teaches() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    for option in ["--fast", "--svg FILE", "--color WHEN", "--help"] {
        assert!(text(&help.stdout).contains(option), "{option}");
    }
    for arguments in [&["--slow"][..], &["--svg"], &["--color", "red"], &["now"]] {
        let mistake = run(arguments);
        assert_eq!(mistake.status.code(), Some(2), "{arguments:?}");
        assert!(text(&mistake.stderr).contains("Try --help."), "{arguments:?}");
    }
    let nowhere = run(&["--fast", "--svg", "/there/is/no/such/folder.svg"]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(text(&nowhere.stderr).contains("/there/is/no/such/folder.svg"));
    assert!(nowhere.stdout.is_empty(), "it is told before a minute has passed");
}
