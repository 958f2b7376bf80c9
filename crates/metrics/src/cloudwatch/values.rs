//! What a histogram observed, as values that `CloudWatch` adds up and makes percentiles of.

use crate::Distribution;

/// Values with their counts, ascending: one for each bucket that holds something.
///
/// A value lies in its bucket, and together they have the count and the sum of what was observed:
/// so averages are exact, and percentiles are off by the width of a bucket at most. All of them
/// stand at the same part of their buckets, that at which the sum is right. What no bucket bounds
/// (more than the last bound; less than the first one, if that is not positive) takes what is left.
pub(super) fn representative(all: &Distribution) -> Vec<(f64, u64)> {
    let bounds = all.buckets().bounds();
    let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else { return Vec::new() };
    let edges = |at: usize| match bounds.get(at) {
        // Not bounded.
        None => (*last, *last),
        Some(upper) if at == 0 && *upper <= 0.0 => (*upper, *upper),
        Some(upper) => (if at == 0 { 0.0 } else { bounds[at - 1] }, *upper),
    };
    let filled = || {
        let counts = all.counts().iter().copied().enumerate();
        counts.filter(|(_, count)| *count != 0).map(|(at, count)| (edges(at), at, count))
    };
    let total = |part: f64| -> f64 {
        filled().map(|((lower, upper), _, count)| count as f64 * at(lower, upper, part)).sum()
    };
    let lacking = all.sum() - total(0.5);
    let open = if lacking > 0.0 { bounds.len() } else { 0 };
    let takes_the_rest = all.counts()[open] != 0 && (open != 0 || *first <= 0.0);
    let part = if takes_the_rest {
        0.5
    } else {
        let width = total(1.0) - total(0.0);
        if width > 0.0 { ((all.sum() - total(0.0)) / width).clamp(0.0, 1.0) } else { 0.5 }
    };
    let rest = all.sum() - total(part);
    filled()
        .map(|((lower, upper), bucket, count)| {
            let value = at(lower, upper, part);
            let takes = takes_the_rest && bucket == open;
            (if takes { value + rest / count as f64 } else { value }, count)
        })
        .collect()
}

fn at(lower: f64, upper: f64, part: f64) -> f64 {
    (upper - lower).mul_add(part, lower)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buckets, Registry};

    fn of(buckets: Buckets, values: &[f64]) -> Distribution {
        let registry = Registry::new();
        let histogram = registry.histogram("h", "", buckets).unwrap();
        values.iter().for_each(|value| histogram.observe(*value));
        histogram.value()
    }

    #[test]
    fn values_stand_where_the_sum_is_right() {
        let check = |bounds: &[f64], observed: &[f64], expected: &[(f64, u64)]| {
            let values = representative(&of(Buckets::new(bounds).unwrap(), observed));
            assert_eq!(values, expected, "{observed:?}");
        };
        check(&[1.0, 2.0], &[], &[]);
        check(&[1.0, 2.0], &[0.25], &[(0.25, 1)]);
        check(&[1.0, 2.0], &[0.25, 0.25, 1.25], &[(0.25, 2), (1.25, 1)]);
        // Beyond the last bound.
        check(&[1.0, 2.0], &[0.5, 7.0, 9.0], &[(0.5, 1), (8.0, 2)]);
        // Negative values.
        check(&[-1.0, 1.0], &[-7.0, 0.0], &[(-7.0, 1), (0.0, 1)]);
        check(&[0.0, 1.0], &[-7.0, -3.0], &[(-5.0, 2)]);
        check(&[-1.0, 1.0], &[9.0], &[(9.0, 1)]);
    }

    proptest! {
        #[test]
        fn count_and_sum_are_right_and_each_value_is_in_its_bucket(
            observed in prop::collection::vec(-3.0..15.0, 1..50),
        ) {
            let bounds = [-1.0, 0.0, 1.0, 2.5, 5.0, 10.0];
            let all = of(Buckets::new(&bounds).unwrap(), &observed);
            let values = representative(&all);
            let count: u64 = values.iter().map(|value| value.1).sum();
            prop_assert_eq!(count, observed.len() as u64);
            let sum: f64 = values.iter().map(|(value, count)| value * *count as f64).sum();
            prop_assert!((sum - all.sum()).abs() < 1e-9, "{} for {}", sum, all.sum());
            let buckets = all.buckets();
            for (value, count) in values {
                let (low, high) = (buckets.index(value - 1e-9), buckets.index(value + 1e-9));
                let near = (low..=high).any(|bucket| all.counts()[bucket] >= count);
                prop_assert!(near, "{} times {} of {:?}", count, value, observed);
            }
        }
    }
}
