//! User instructions, counted by valgrind: no noise, whatever else the machine does.
//!
//! Always two runs that differ in the number of calls only: the difference is what calls cost,
//! without starting and ending.

use std::{
    collections::HashMap,
    env,
    io::{self, ErrorKind},
    process::Command,
};

use super::Case;

const FEW: u32 = 1000;
const MANY: u32 = 3000;

/// Instructions a call by the name of the case; empty where they were not counted.
#[derive(Debug, Clone, Default)]
pub struct Instructions(HashMap<String, f64>);

impl Instructions {
    /// Counts the calls of these cases of the benchmark `name`, each in runs of its own.
    ///
    /// # Errors
    ///
    /// There is no valgrind, or it does not say what it counted.
    pub fn count<'a>(name: &str, cases: impl Iterator<Item = &'a str>) -> io::Result<Self> {
        eprintln!("{name}: counting instructions");
        let mut all = HashMap::new();
        for case in cases {
            let run = |calls: u32| {
                let mut command = Command::new(env::current_exe()?);
                command.args(["calls", name, case, &calls.to_string()]);
                collected(&String::from_utf8_lossy(&valgrind(&command).output()?.stdout))
            };
            let difference = run(MANY)?.saturating_sub(run(FEW)?);
            all.insert(case.to_owned(), difference as f64 / f64::from(MANY - FEW));
        }
        Ok(Self(all))
    }

    /// As a cell of a table.
    #[must_use]
    pub fn show(&self, name: &str) -> String {
        self.0.get(name).map_or_else(|| "-".to_owned(), |count| format!("{count:.0}"))
    }
}

/// Runs one of the cases so many times: what [`Instructions::count`] starts under valgrind.
///
/// # Errors
///
/// There is no such case.
pub fn calls(cases: Vec<Case>, name: &str, calls: u32) -> io::Result<()> {
    let case = cases.into_iter().find(|case| case.name == name);
    let Some(mut case) = case else {
        return Err(io::Error::new(ErrorKind::NotFound, format!("no case {name}")));
    };
    (case.run)(calls);
    Ok(())
}

/// This program with these arguments under valgrind, which says on standard output what it counted.
#[must_use]
pub fn valgrind(counted: &Command) -> Command {
    let valgrind = env::var_os("VALGRIND").unwrap_or_else(|| "valgrind".into());
    let mut command = Command::new(valgrind);
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-fd=1"]);
    command.arg(counted.get_program()).args(counted.get_args());
    command
}

/// The figure in the line `==1== Collected : 123` of what valgrind said.
///
/// # Errors
///
/// There is none.
pub fn collected(said: &str) -> io::Result<u64> {
    let line = said.lines().find(|line| line.contains("Collected :"));
    let figure = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    figure.ok_or_else(|| io::Error::other(format!("valgrind does not say what it counted: {said}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_is_found_in_what_valgrind_says() {
        let said = "==7== \n==7== Events    : Ir\n==7== Collected : 12345\n";
        assert_eq!(collected(said).unwrap(), 12345);
        assert!(collected("==7== Command: x\n").is_err());
    }

    #[test]
    fn a_case_that_is_not_there_is_an_error() {
        assert!(calls(Vec::new(), "absent", 1).is_err());
    }
}
