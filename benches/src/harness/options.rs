//! How long to measure.

use std::{path::PathBuf, time::Duration};

/// What was asked for on the command line.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Options {
    /// A tenth of the time, for a look; too short for a verdict.
    pub quick: bool,
    /// Only the cases whose name contains one of these, or is it if it begins with `=`; all if there
    /// are none.
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

    /// How often a disturbed measurement of a server is repeated at most: rarely, as many rounds
    /// take care of it as well.
    #[must_use]
    pub const fn server_repeats(&self) -> usize {
        if self.quick { 0 } else { 1 }
    }

    /// Whether a case of this name was asked for.
    #[must_use]
    pub fn wants(&self, name: &str) -> bool {
        let is_meant = |only: &String| match only.strip_prefix('=') {
            Some(whole) => name == whole,
            None => name.contains(only.as_str()),
        };
        self.only.is_empty() || self.only.iter().any(is_meant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_asked_for_by_a_part_of_its_name_or_by_all_of_it() {
        let wants = |only: &[&str], name: &str| {
            let only = only.iter().map(|&text| text.to_owned()).collect();
            Options { only, ..Options::default() }.wants(name)
        };
        assert!(wants(&[], "oxkit-stack"));
        assert!(wants(&["grpc", "oxkit"], "oxkit-stack"));
        assert!(!wants(&["grpc"], "oxkit-stack"));
        assert!(wants(&["=hyper", "=oxkit-stack"], "oxkit-stack"));
        assert!(!wants(&["=oxkit"], "oxkit-stack"));
    }
}
