//! What a histogram observed.

use crate::Buckets;

/// What a [`Histogram`](crate::Histogram) observed: how many values fell into each bucket, and their
/// sum.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution {
    buckets: Buckets,
    counts: Box<[u64]>,
    sum: f64,
}

impl Distribution {
    /// `counts` has one more than `buckets` has bounds.
    pub(crate) const fn new(buckets: Buckets, counts: Box<[u64]>, sum: f64) -> Self {
        Self { buckets, counts, sum }
    }

    pub(crate) fn empty(buckets: Buckets) -> Self {
        let counts = vec![0; buckets.bounds().len() + 1].into();
        Self { buckets, counts, sum: 0.0 }
    }

    /// The buckets.
    #[must_use]
    pub const fn buckets(&self) -> &Buckets {
        &self.buckets
    }

    /// How many values there are in each bucket, the one beyond the last bound included.
    #[must_use]
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// How many values there are at or below each bound, with the bound. Without the bucket beyond
    /// the last bound: that one has all, [`count`](Self::count).
    pub fn cumulative(&self) -> impl Iterator<Item = (f64, u64)> {
        self.buckets.bounds().iter().zip(&self.counts).scan(0u64, |below, (bound, count)| {
            *below = below.wrapping_add(*count);
            Some((*bound, *below))
        })
    }

    /// How many values there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().copied().fold(0, u64::wrapping_add)
    }

    /// The sum of the values.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// The value below which the part `q` of all values lies, estimated; `None` if there are none.
    ///
    /// As Prometheus' `histogram_quantile`: the values of a bucket are taken to be spread evenly
    /// over it, so the answer is at most a bucket's width off. In the lowest bucket they are taken
    /// to begin at 0 if its bound is positive, and to be at the bound otherwise; beyond the last
    /// bound the answer is that bound. `q` is brought into 0 to 1, and NaN is taken for 0.
    ///
    /// ```
    /// use oxkit_metrics::{Buckets, Registry};
    ///
    /// let registry = Registry::new();
    /// let sizes = registry.histogram("sizes", "", Buckets::new(&[10.0, 20.0])?)?;
    /// assert_eq!(sizes.value().quantile(0.5), None);
    /// for size in [3.0, 12.0, 14.0, 18.0] {
    ///     sizes.observe(size);
    /// }
    /// assert_eq!(sizes.value().quantile(0.25), Some(10.0));
    /// assert_eq!(sizes.value().quantile(1.0), Some(20.0));
    /// # Ok::<_, oxkit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<f64> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let q = if q.is_nan() { 0.0 } else { q.clamp(0.0, 1.0) };
        let rank = q * count as f64;
        let bounds = self.buckets.bounds();
        let mut below = 0.0;
        for (at, inside) in self.counts.iter().enumerate() {
            let inside = *inside as f64;
            if inside == 0.0 || below + inside < rank {
                below += inside;
                continue;
            }
            let Some(upper) = bounds.get(at).copied() else { break };
            let lower = match at {
                0 if upper > 0.0 => 0.0,
                0 => upper,
                _ => bounds[at - 1],
            };
            return Some((upper - lower).mul_add((rank - below) / inside, lower));
        }
        bounds.last().copied()
    }

    /// Takes some of the counts away. The sum stays: it is not known what they add up to.
    #[cfg(feature = "prometheus")]
    pub(crate) fn without(&self, counts: &[(usize, u64)]) -> Self {
        let mut rest = self.clone();
        for (bucket, count) in counts {
            rest.counts[*bucket] = rest.counts[*bucket].saturating_sub(*count);
        }
        rest
    }

    /// What was observed after `earlier`, a former state of the same histogram.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        if self.buckets != earlier.buckets {
            return self.clone();
        }
        let counts = self.counts.iter().zip(&earlier.counts);
        Self {
            buckets: self.buckets.clone(),
            counts: counts.map(|(now, then)| now.saturating_sub(*then)).collect(),
            sum: self.sum - earlier.sum,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(buckets: &Buckets, values: &[f64]) -> Distribution {
        let mut all = Distribution::empty(buckets.clone());
        for value in values {
            all.counts[buckets.index(*value)] += 1;
            all.sum += value;
        }
        all
    }

    #[test]
    fn quantiles_keep_to_the_range_that_is_known() {
        let buckets = Buckets::new(&[-1.0, 1.0]).unwrap();
        let check = |values: &[f64], q, expected| {
            assert_eq!(of(&buckets, values).quantile(q), expected, "{values:?} {q}");
        };
        check(&[], 0.5, None);
        check(&[-5.0], 0.0, Some(-1.0));
        check(&[0.0], 0.5, Some(0.0));
        check(&[9.0], 0.5, Some(1.0));
        check(&[0.0, 9.0], 7.0, Some(1.0));
        check(&[0.0, 0.0], f64::NAN, Some(-1.0));
    }

    proptest! {
        #[test]
        fn a_quantile_is_off_by_a_narrow_bucket_at_most(
            mut values in prop::collection::vec(1e-6..1e6, 1..200),
            q in 0.0..=1.0,
        ) {
            values.sort_by(f64::total_cmp);
            let rank: f64 = q * values.len() as f64;
            let at = (rank.ceil() as usize).clamp(1, values.len());
            let exact = values[at - 1];
            let estimated = of(&Buckets::log_linear(), &values).quantile(q).unwrap();
            prop_assert!((estimated / exact - 1.0).abs() <= 0.0626, "{} for {}", estimated, exact);
        }

        #[test]
        fn quantiles_ascend(values in prop::collection::vec(-2.0..12.0, 1..50)) {
            let all = of(&Buckets::default(), &values);
            let quantiles: Vec<_> = (0..=20).map(|q| all.quantile(f64::from(q) / 20.0)).collect();
            prop_assert!(quantiles.windows(2).all(|q| q[0] <= q[1]), "{:?}", quantiles);
        }

        #[test]
        fn what_came_since_is_what_was_added(
            before in prop::collection::vec(0.0..12.0, 0..50),
            after in prop::collection::vec(0.0..12.0, 0..50),
        ) {
            let buckets = Buckets::default();
            let earlier = of(&buckets, &before);
            let now = of(&buckets, &[before, after.clone()].concat());
            let (since, added) = (now.since(&earlier), of(&buckets, &after));
            prop_assert_eq!(since.counts(), added.counts());
        }
    }
}
