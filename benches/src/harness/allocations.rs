//! How often a case allocates: counted by another binary, so that timing is not slowed by counting.

use std::{collections::HashMap, env, process::Command};

use super::Case;

/// How many calls the counting binary averages over, after as many to warm up.
const CALLS: u32 = 1000;

/// Allocations a call by the name of the case; empty where they could not be counted.
#[derive(Debug, Clone, Default)]
pub struct Allocations(HashMap<String, f64>);

impl Allocations {
    /// Builds and runs the counting binary for the benchmark `name`.
    #[must_use]
    pub fn count(name: &str) -> Self {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["run", "--quiet", "--release", "--locked"])
            .args(["--package", "oxkit-benches", "--bin", "oxkit-benches-count", "--", name])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(std::process::Stdio::inherit())
            .output();
        match output {
            Ok(output) if output.status.success() => {
                Self::parse(&String::from_utf8_lossy(&output.stdout))
            }
            _ => {
                eprintln!("allocations were not counted: the counting binary did not run");
                Self::default()
            }
        }
    }

    /// Allocations a call; not a number if they were not counted.
    #[must_use]
    pub fn of(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }

    /// The same as a cell of a table.
    #[must_use]
    pub fn show(&self, name: &str) -> String {
        let count = self.of(name);
        if count.is_nan() {
            "-".to_owned()
        } else if count.fract() == 0.0 {
            format!("{count:.0}")
        } else {
            format!("{count:.2}")
        }
    }

    fn parse(text: &str) -> Self {
        let pair = |line: &str| {
            let (count, name) = line.split_once('\t')?;
            Some((name.to_owned(), count.parse().ok()?))
        };
        Self(text.lines().filter_map(pair).collect())
    }
}

/// Prints allocations a call of every case, as [`Allocations::count`] reads them.
///
/// `counter` counts the allocations made while it runs what it is given.
pub fn print(cases: Vec<Case>, counter: impl Fn(&mut dyn FnMut()) -> u64) {
    for mut case in cases {
        (case.run)(CALLS);
        let count = counter(&mut || (case.run)(CALLS));
        println!("{}\t{}", count as f64 / f64::from(CALLS), case.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_back() {
        let read = Allocations::parse("1\tours, 10 layers\n0.25\tpeer\nnonsense\n");
        assert_eq!(read.show("ours, 10 layers"), "1");
        assert_eq!(read.show("peer"), "0.25");
        assert_eq!(read.show("absent"), "-");
    }
}
