//! Counting tests by the lines `cargo test` closes each of its runs with.

use std::ops::AddAssign;

/// How many tests ran, and how they ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Tally {
    /// Adds what `line` reports, if it is the closing line of a run.
    pub(crate) fn read(&mut self, line: &str) {
        // test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; ...
        let Some(rest) = line.trim_end().strip_prefix("test result: ") else {
            return;
        };
        let counts = rest.split_once(". ").map_or("", |(_, counts)| counts);
        for part in counts.split("; ") {
            let Some((number, what)) = part.split_once(' ') else {
                continue;
            };
            let Ok(number) = number.parse::<u64>() else {
                continue;
            };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, expected: [u64; 3]) {
        let mut tally = Tally::default();
        for line in output.split_inclusive('\n') {
            tally.read(line);
        }
        let [passed, failed, ignored] = expected;
        assert_eq!(tally, Tally { passed, failed, ignored }, "{output}");
    }

    #[test]
    fn the_closing_lines_of_all_runs_are_added_up() {
        check(
            "running 2 tests\ntest a ... ok\n\ntest result: ok. 2 passed; 0 failed; 0 ignored; \
             0 measured; 0 filtered out; finished in 0.00s\n\n\
             test result: FAILED. 5 passed; 1 failed; 3 ignored; 0 measured; 7 filtered out; \
             finished in 1.50s\n",
            [7, 1, 3],
        );
    }

    #[test]
    fn other_lines_count_for_nothing() {
        check("", [0, 0, 0]);
        check("test passed ... ok\n3 passed; 1 failed\n", [0, 0, 0]);
        check("  test result: ok. 2 passed; 0 failed\n", [0, 0, 0]);
        check("test result: \ntest result: ok. many passed; x failed\n", [0, 0, 0]);
    }
}
