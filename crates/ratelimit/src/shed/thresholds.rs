//! The policy: which level is refused from which utilisation on. Pure.

use oxkit_core::Criticality;

/// From which utilisation on calls of each level are refused.
///
/// They are in order: a level is never refused before a less important one. Setting one moves the
/// others as far as that needs.
///
/// | level | default |
/// |---|---|
/// | [`Sheddable`](Criticality::Sheddable) | 0.7 |
/// | [`SheddablePlus`](Criticality::SheddablePlus) | 0.8 |
/// | [`Critical`](Criticality::Critical) | 0.95 |
/// | [`CriticalPlus`](Criticality::CriticalPlus) | never |
///
/// ```
/// use oxkit_core::Criticality;
/// use oxkit_ratelimit::Thresholds;
///
/// let thresholds = Thresholds::default().with(Criticality::Critical, 0.75);
/// assert!(thresholds.refuses(Criticality::Critical, 0.75));
/// assert!(!thresholds.refuses(Criticality::Critical, 0.74));
/// // It was 0.8, which would have outlived the more important level.
/// assert!(thresholds.refuses(Criticality::SheddablePlus, 0.75));
/// assert!(!thresholds.refuses(Criticality::CriticalPlus, 100.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use = "thresholds do nothing until a layer goes by them"]
pub struct Thresholds([f64; Criticality::ALL.len()]);

impl Default for Thresholds {
    fn default() -> Self {
        Self([0.7, 0.8, 0.95, f64::INFINITY])
    }
}

impl Thresholds {
    /// Refuses calls of `level` from this utilisation on, and those of less important levels no
    /// later.
    ///
    /// Infinity is never, zero or less always. What is not a number changes nothing.
    pub fn with(mut self, level: Criticality, utilisation: f64) -> Self {
        if utilisation.is_nan() {
            return self;
        }
        for (other, threshold) in Criticality::ALL.into_iter().zip(&mut self.0) {
            *threshold = match other.cmp(&level) {
                std::cmp::Ordering::Less => threshold.min(utilisation),
                std::cmp::Ordering::Equal => utilisation,
                std::cmp::Ordering::Greater => threshold.max(utilisation),
            };
        }
        self
    }

    /// Whether a call of `level` is refused at this utilisation. Not if that is not a number.
    #[must_use]
    pub fn refuses(&self, level: Criticality, utilisation: f64) -> bool {
        utilisation >= self.0[level as usize]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_level_is_never_refused_where_a_less_important_one_is_served(
            set in prop::collection::vec((0_usize..4, -0.5_f64..2.0), 0..10),
            utilisation in -0.5_f64..2.0,
        ) {
            let mut thresholds = Thresholds::default();
            for (level, at) in set {
                thresholds = thresholds.with(Criticality::ALL[level], at);
                prop_assert!(thresholds.refuses(Criticality::ALL[level], at));
            }
            let refused = Criticality::ALL.map(|level| thresholds.refuses(level, utilisation));
            prop_assert!(refused.is_sorted_by(|less, more| less >= more), "{refused:?}");
        }
    }

    #[test]
    fn what_is_not_a_number_refuses_nothing_and_sets_nothing() {
        let thresholds = Thresholds::default();
        for level in Criticality::ALL {
            assert!(!thresholds.refuses(level, f64::NAN));
            assert_eq!(thresholds.with(level, f64::NAN), thresholds);
        }
    }
}
