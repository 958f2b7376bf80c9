//! Medians, and how far the rounds lie apart.

use std::fmt;

/// The figures of one thing, one for each round.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// A sample of these figures, in the order of the rounds.
    #[must_use]
    pub const fn new(rounds: Vec<f64>) -> Self {
        Self(rounds)
    }

    /// The median; not a number if there is no figure.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.at(0.5)
    }

    /// Half the distance between the quartiles: half of the rounds lie no farther than about this
    /// from the median.
    #[must_use]
    pub fn spread(&self) -> f64 {
        (self.at(0.75) - self.at(0.25)) / 2.0
    }

    /// This sample over another one, round by round.
    #[must_use]
    pub fn over(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a / b).collect())
    }

    /// This sample less another one, round by round.
    #[must_use]
    pub fn less(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a - b).collect())
    }

    /// The median and the spread with so many digits after the point.
    #[must_use]
    pub fn show(&self, digits: usize) -> String {
        if self.0.is_empty() {
            return "-".to_owned();
        }
        format!("{:.digits$} ±{:.digits$}", self.median(), self.spread())
    }

    fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let Some(last) = sorted.len().checked_sub(1) else {
            return f64::NAN;
        };
        let place = share * last as f64;
        let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
        low + (high - low) * place.fract()
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show(2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_disturbed_round_moves_neither_the_median_nor_the_spread_much() {
        let sample = Sample::new(vec![10.0, 11.0, 9.0, 10.0, 500.0]);
        assert_eq!(sample.median(), 10.0);
        assert_eq!(sample.spread(), 0.5);
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        // Both slow down together in the second round: the ratio does not.
        let ratio = Sample::new(vec![2.0, 20.0]).over(&Sample::new(vec![1.0, 10.0]));
        assert_eq!(ratio, Sample::new(vec![2.0, 2.0]));
    }

    #[test]
    fn nothing_measured_is_shown_as_nothing() {
        assert!(Sample::default().median().is_nan());
        assert_eq!(Sample::default().show(1), "-");
    }
}
