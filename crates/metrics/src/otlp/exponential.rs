//! Log-linear buckets as the exponential histogram of OpenTelemetry.

use super::messages::ExponentialBuckets;
use crate::Distribution;

/// Buckets to each power of two, as a power of two: each is 9 % wide.
pub(super) const SCALE: i32 = 3;

/// What an exponential histogram tells of values.
#[derive(Debug, PartialEq)]
pub(super) struct Counts {
    /// At most the threshold: zero, negative values and tiny ones.
    pub(super) zero: u64,
    pub(super) threshold: f64,
    pub(super) positive: ExponentialBuckets,
}

/// Sorts the values of log-linear buckets into exponential ones.
///
/// A power of two is divided into equal parts in the one and into equal factors in the other, so
/// the values of a bucket are taken to be in its middle. They go to the same bucket each time: what
/// only grows here only grows there. A value may be counted 3.1 % (half a bucket of ours) beside
/// the edge of a bucket, so a quantile is off by 12.5 % at most.
pub(super) fn convert(all: &Distribution) -> Counts {
    let bounds = all.buckets().bounds();
    let mut filled = Vec::new();
    for (at, count) in all.counts().iter().enumerate().skip(1).filter(|(_, count)| **count != 0) {
        let lower = bounds[at - 1];
        // Beyond the last bound, as if there were one more bucket.
        let upper = bounds.get(at).copied().unwrap_or(lower * 1.0625);
        let middle = f64::midpoint(lower, upper);
        filled.push((index(middle), *count));
    }
    let (first, last) = match (filled.first(), filled.last()) {
        (Some(first), Some(last)) => (first.0, last.0),
        _ => (0, -1),
    };
    let mut counts = vec![0_u64; usize::try_from(last - first + 1).unwrap_or_default()];
    for (index, count) in filled {
        let at = usize::try_from(index - first).unwrap_or_default();
        counts[at] = counts[at].wrapping_add(count);
    }
    Counts {
        zero: all.counts()[0],
        threshold: bounds[0],
        positive: ExponentialBuckets { offset: first, bucket_counts: counts },
    }
}

/// The index of the bucket that holds a positive value: more than `base` to the index, and at most
/// `base` to the next one, where `base` is two to the power of an eighth.
fn index(value: f64) -> i32 {
    // Between -240 and 273: our bounds go from two to the -30 up to two to the 34.
    (value.log2() * f64::from(1 << SCALE)).ceil() as i32 - 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Buckets, Registry};

    fn of(values: &[f64]) -> Distribution {
        let registry = Registry::new();
        let histogram = registry.histogram("h", "", Buckets::log_linear()).unwrap();
        values.iter().for_each(|value| histogram.observe(*value));
        histogram.value()
    }

    /// The value that most of a distribution lies at or below, as a receiver estimates it.
    fn quantile(counts: &Counts, rank: u64) -> f64 {
        let mut below = counts.zero;
        if rank <= below {
            return 0.0;
        }
        for (at, count) in counts.positive.bucket_counts.iter().enumerate() {
            below += count;
            if rank <= below {
                let index = counts.positive.offset + at as i32;
                return f64::exp2((f64::from(index) + 0.5) / f64::from(1 << SCALE));
            }
        }
        f64::NAN
    }

    #[test]
    fn the_edges_of_what_can_be_told_are_kept() {
        let counts = convert(&of(&[]));
        assert_eq!((counts.zero, &counts.positive), (0, &ExponentialBuckets::default()));
        let counts = convert(&of(&[-1.0, 0.0, 1e-12]));
        assert_eq!((counts.zero, counts.positive.bucket_counts.len()), (3, 0));
        assert_eq!(counts.threshold, f64::exp2(-30.0));
        // Just more than one, and as far beyond the end as there is.
        let counts = convert(&of(&[1.01, f64::MAX]));
        assert_eq!((counts.positive.offset, counts.positive.bucket_counts.len()), (0, 273));
        assert_eq!(counts.positive.bucket_counts.iter().sum::<u64>(), 2);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_quantiles_are_near(
            mut values in prop::collection::vec(1e-6..1e6, 1..100),
            part in 0.0..1.0,
        ) {
            let counts = convert(&of(&values));
            let all = counts.zero + counts.positive.bucket_counts.iter().sum::<u64>();
            prop_assert_eq!(all, values.len() as u64);
            values.sort_by(f64::total_cmp);
            let rank = (part * values.len() as f64) as usize;
            let estimated = quantile(&counts, rank as u64 + 1);
            prop_assert!((estimated / values[rank] - 1.0).abs() < 0.125, "{} for {}", estimated, values[rank]);
        }

        #[test]
        fn what_only_grows_here_only_grows_there(
            before in prop::collection::vec(1e-6..1e6, 0..50),
            after in prop::collection::vec(1e-6..1e6, 0..50),
        ) {
            let earlier = convert(&of(&before)).positive;
            let now = convert(&of(&[before, after].concat())).positive;
            for (at, count) in earlier.bucket_counts.iter().enumerate() {
                let same = usize::try_from(earlier.offset - now.offset).unwrap() + at;
                prop_assert!(now.bucket_counts[same] >= *count);
            }
        }
    }
}
