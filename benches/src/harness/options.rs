//! How long to measure.

use std::{path::PathBuf, time::Duration};

/// What was asked for on the command line.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// A tenth of the time, for a look; too short for a verdict.
    pub quick: bool,
    /// Only the cases whose name contains one of these; all if there are none.
    pub only: Vec<String>,
    /// Where to write the figures for other programs.
    pub json: Option<PathBuf>,
    /// Also count instructions, which takes valgrind and some minutes.
    pub instructions: bool,
}

impl Options {
    /// How many rounds of small cases: an odd number, so that the median is one of them.
    #[must_use]
    pub const fn rounds(&self) -> usize {
        if self.quick { 5 } else { 25 }
    }

    /// How long a round measures one small case.
    #[must_use]
    pub const fn case(&self) -> Duration {
        Duration::from_millis(if self.quick { 5 } else { 20 })
    }

    /// How many rounds of servers: many short ones, for what disturbs a machine lasts for seconds,
    /// and what is compared should be disturbed alike.
    #[must_use]
    pub const fn server_rounds(&self) -> usize {
        if self.quick { 3 } else { 21 }
    }

    /// How long a round loads one server.
    #[must_use]
    pub const fn load(&self) -> Duration {
        Duration::from_millis(if self.quick { 800 } else { 1000 })
    }

    /// How often a disturbed measurement is repeated at most.
    #[must_use]
    pub const fn repeats(&self) -> usize {
        if self.quick { 0 } else { 5 }
    }

    /// Whether a case of this name was asked for.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| name.contains(only.as_str()))
    }
}
