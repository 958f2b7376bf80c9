//! A share of the calls.

use std::fmt;

/// A share of the calls, from none to all of them.
///
/// Kept in millionths, so that comparing it with counts is exact.
///
/// ```
/// use oxkit_circuitbreaker::Ratio;
///
/// assert_eq!(Ratio::percent(50), Ratio::millionths(500_000));
/// assert_eq!(Ratio::percent(120), Ratio::ALL);
/// assert_eq!(Ratio::millionths(2_500).to_string(), "0.25%");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ratio(u32);

impl Ratio {
    /// Every call.
    pub const ALL: Self = Self(Self::WHOLE);

    const WHOLE: u32 = 1_000_000;

    /// So many of a hundred calls; more than a hundred are all of them.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        Self::millionths(percent as u32 * (Self::WHOLE / 100))
    }

    /// So many of a million calls; more than a million are all of them.
    #[must_use]
    pub const fn millionths(millionths: u32) -> Self {
        Self(if millionths > Self::WHOLE { Self::WHOLE } else { millionths })
    }

    /// Whether `part` of `whole` is this share or more.
    pub(crate) fn is_reached(self, part: u64, whole: u64) -> bool {
        u128::from(part) * u128::from(Self::WHOLE) >= u128::from(whole) * u128::from(self.0)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", f64::from(self.0) / f64::from(Self::WHOLE / 100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_reached_exactly() {
        let half = Ratio::percent(50);
        assert!(half.is_reached(5, 10));
        assert!(!half.is_reached(4, 9));
        assert!(Ratio::ALL.is_reached(u64::MAX, u64::MAX));
        assert!(!Ratio::ALL.is_reached(u64::MAX - 1, u64::MAX));
        assert!(Ratio::percent(0).is_reached(0, 1));
    }
}
