//! What must be reached, and whether it was.

use std::fmt;

use serde_json::{Value, json};

/// A figure that must not be larger than a limit.
#[derive(Debug, Clone)]
pub struct Goal {
    what: String,
    unit: &'static str,
    limit: f64,
    measured: f64,
    digits: usize,
}

impl Goal {
    /// `measured` is at most `limit`. What is not a number was not measured.
    #[must_use]
    pub fn at_most(what: impl Into<String>, limit: f64, measured: f64, unit: &'static str) -> Self {
        Self { what: what.into(), unit, limit, measured, digits: if unit == "x" { 3 } else { 1 } }
    }

    /// Whether it was reached; `None` if it was not measured.
    #[must_use]
    pub fn is_reached(&self) -> Option<bool> {
        (!self.measured.is_nan()).then_some(self.measured <= self.limit)
    }
}

impl Goal {
    /// For other programs; what was not measured is null.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "unit": self.unit,
            "limit": self.limit,
            "measured": self.measured,
            "reached": self.is_reached(),
        })
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.is_reached() {
            Some(true) => "PASS",
            Some(false) => "MISS",
            None => return write!(f, "  SKIP  {}: not measured", self.what),
        };
        write!(
            f,
            "  {verdict}  {}: {:.digits$} {unit}, goal at most {} {unit}",
            self.what,
            self.measured,
            self.limit,
            digits = self.digits,
            unit = self.unit,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_reached_at_its_limit_missed_above_and_open_without_a_figure() {
        let goal = |measured| Goal::at_most("it", 2.0, measured, "ns");
        assert_eq!(goal(2.0).is_reached(), Some(true));
        assert_eq!(goal(2.1).is_reached(), Some(false));
        assert_eq!(goal(f64::NAN).is_reached(), None);
        assert_eq!(goal(2.1).to_string(), "  MISS  it: 2.1 ns, goal at most 2 ns");
    }
}
