//! What must be reached, and whether it was.

use std::fmt;

use serde_json::{Value, json};

/// A figure that must not be larger than a limit, or not smaller.
#[derive(Debug, Clone)]
pub struct Goal {
    what: String,
    unit: &'static str,
    at_most: bool,
    limit: f64,
    measured: f64,
    digits: usize,
}

impl Goal {
    /// `measured` is at most `limit`. What is not a number was not measured.
    #[must_use]
    pub fn at_most(what: impl Into<String>, limit: f64, measured: f64, unit: &'static str) -> Self {
        let digits = if unit == "x" { 3 } else { 1 };
        Self { what: what.into(), unit, at_most: true, limit, measured, digits }
    }

    /// `measured` is at least `limit`. What is not a number was not measured.
    #[must_use]
    pub fn at_least(
        what: impl Into<String>,
        limit: f64,
        measured: f64,
        unit: &'static str,
    ) -> Self {
        Self { at_most: false, ..Self::at_most(what, limit, measured, unit) }
    }

    /// Whether it was reached; `None` if it was not measured.
    #[must_use]
    pub fn is_reached(&self) -> Option<bool> {
        let reached =
            if self.at_most { self.measured <= self.limit } else { self.measured >= self.limit };
        (!self.measured.is_nan()).then_some(reached)
    }

    const fn bound(&self) -> &'static str {
        if self.at_most { "at most" } else { "at least" }
    }
}

impl Goal {
    /// For other programs; what was not measured is null.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "what": self.what,
            "unit": self.unit,
            "bound": self.bound(),
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
            "  {verdict}  {}: {:.digits$} {unit}, goal {} {} {unit}",
            self.what,
            self.measured,
            self.bound(),
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

    #[test]
    fn one_the_other_way_round_is_missed_below_its_limit() {
        let goal = |measured| Goal::at_least("it", 2.0, measured, "x");
        assert_eq!(goal(2.0).is_reached(), Some(true));
        assert_eq!(goal(1.9).is_reached(), Some(false));
        assert_eq!(goal(f64::NAN).is_reached(), None);
        assert_eq!(goal(2.1).to_string(), "  PASS  it: 2.100 x, goal at least 2 x");
    }
}
