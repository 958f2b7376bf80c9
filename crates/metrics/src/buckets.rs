//! Into which ranges a histogram sorts what it observes.

use std::{
    fmt,
    sync::{Arc, LazyLock},
};

use crate::MetricError;

/// More bounds than this are a mistake: each is a series of its own in most systems.
const MOST: usize = 256;

/// Parts into which [`Buckets::log_linear`] divides each power of two, as a power of two.
const PARTS: u32 = 4;
/// The powers of two between which it divides.
const LOW: i64 = -30;
const HIGH: i64 = 34;

static LOG_LINEAR: LazyLock<Arc<[f64]>> = LazyLock::new(|| {
    let steps = ((HIGH - LOW) << PARTS) as u64;
    (0..=steps).map(|step| f64::from_bits((log_linear_base() + step) << SHIFT)).collect()
});

/// How many bits of a float lie below its exponent and the [`PARTS`] highest of its fraction.
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - PARTS;

const fn log_linear_base() -> u64 {
    ((f64::MAX_EXP as i64 - 1 + LOW) as u64) << PARTS
}

/// Into which ranges a [`Histogram`](crate::Histogram) sorts what it observes.
///
/// A bucket holds what is at most its upper bound and more than the bound before; beyond the last
/// bound there is one more. Few buckets around the values that matter are cheap everywhere;
/// [`log_linear`](Self::log_linear) is for quantiles of values that nobody can foresee.
///
/// | | buckets | best for |
/// |---|---|---|
/// | [`default`](Self::default) | 5 ms to 10 s, eleven bounds | latencies in seconds |
/// | [`new`](Self::new) | as given | limits you promised, such as 100 ms |
/// | [`linear`](Self::linear), [`exponential`](Self::exponential) | computed | sizes, counts |
/// | [`log_linear`](Self::log_linear) | 1025 bounds, 16 to each power of two | quantiles, 6.25 % wide |
///
/// ```
/// use oxkit_metrics::Buckets;
///
/// let sizes = Buckets::exponential(1024.0, 4.0, 4)?;
/// assert_eq!(sizes.bounds(), [1024.0, 4096.0, 16384.0, 65536.0]);
///
/// let error = Buckets::new(&[0.1, 0.1]).unwrap_err();
/// assert!(error.is_invalid_buckets());
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Clone)]
pub struct Buckets {
    bounds: Arc<[f64]>,
    log_linear: bool,
}

impl Buckets {
    /// Buckets with these upper bounds.
    ///
    /// # Errors
    ///
    /// There are 1 to 256 bounds, each finite and more than the one before.
    pub fn new(bounds: &[f64]) -> Result<Self, MetricError> {
        if bounds.is_empty() || bounds.len() > MOST {
            return Err(MetricError::buckets(format!(
                "a histogram has 1 to {MOST} bounds, and {} were given",
                bounds.len()
            )));
        }
        if let Some(bound) = bounds.iter().find(|bound| !bound.is_finite()) {
            return Err(MetricError::buckets(format!(
                "{bound} is no bound: the bucket up to infinity is always there"
            )));
        }
        if let Some(pair) = bounds.windows(2).find(|pair| pair[0] >= pair[1]) {
            return Err(MetricError::buckets(format!(
                "bounds ascend, and {} is followed by {}",
                pair[0], pair[1]
            )));
        }
        // Zero has two representations, and one text.
        Ok(Self { bounds: bounds.iter().map(|bound| bound + 0.0).collect(), log_linear: false })
    }

    /// `count` bounds from `start` on, each `width` more than the one before.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); so `width` is positive.
    pub fn linear(start: f64, width: f64, count: usize) -> Result<Self, MetricError> {
        let bounds = (0..count.min(MOST + 1)).map(|step| width.mul_add(step as f64, start));
        Self::new(&bounds.collect::<Vec<_>>())
    }

    /// `count` bounds from `start` on, each `factor` times the one before.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new); so `start` is positive and `factor` more than 1.
    pub fn exponential(start: f64, factor: f64, count: usize) -> Result<Self, MetricError> {
        let bounds = std::iter::successors(Some(start), |bound| Some(bound * factor));
        Self::new(&bounds.take(count.min(MOST + 1)).collect::<Vec<_>>())
    }

    /// Buckets that are 6.25 % wide or less, from a billionth to seventeen billion: nanoseconds to
    /// centuries in seconds, bytes to gigabytes.
    ///
    /// Each power of two is divided into 16 equal parts, as in
    /// [HdrHistogram](http://hdrhistogram.org/), so the bucket is found from the bits of the value
    /// without a search, and a quantile is off by 6.25 % at most. What is less, zero and negative
    /// values included, shares one bucket, and so does what is more. A series takes 8 KiB for each
    /// thread that observes. Prometheus is shown quantiles (a summary), not a thousand buckets.
    #[must_use]
    pub fn log_linear() -> Self {
        Self { bounds: LOG_LINEAR.clone(), log_linear: true }
    }

    /// The upper bounds, ascending and finite.
    #[must_use]
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// Whether these are the [`log_linear`](Self::log_linear) ones.
    #[must_use]
    pub const fn is_log_linear(&self) -> bool {
        self.log_linear
    }

    /// The index of the bucket of a finite value: that of the first bound that is not less.
    #[inline]
    pub(crate) fn index(&self, value: f64) -> usize {
        // Where most durations of a service belong.
        if value <= self.bounds[0] {
            return 0;
        }
        if !self.log_linear {
            return self.bounds.partition_point(|bound| *bound < value);
        }
        // The value is positive, so its bits ascend with it. One less puts a bound itself into the
        // bucket below.
        let step = ((value.to_bits() - 1) >> SHIFT) - log_linear_base() + 1;
        (step as usize).min(self.bounds.len())
    }
}

impl Default for Buckets {
    /// 5, 10, 25, 50, 100, 250 and 500 milliseconds, 1, 2.5, 5 and 10 seconds: the defaults of
    /// Prometheus' own libraries.
    fn default() -> Self {
        let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
        Self { bounds: bounds.into(), log_linear: false }
    }
}

impl PartialEq for Buckets {
    fn eq(&self, other: &Self) -> bool {
        self.log_linear == other.log_linear && self.bounds == other.bounds
    }
}

impl fmt::Debug for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Buckets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.log_linear {
            return f.write_str("log-linear buckets");
        }
        write!(f, "the buckets {:?}", self.bounds)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_below_it() {
        for buckets in [Buckets::default(), Buckets::log_linear()] {
            for (at, bound) in buckets.bounds().iter().enumerate() {
                assert_eq!(buckets.index(*bound), at, "{bound}");
                assert_eq!(buckets.index(bound.next_up()), at + 1, "{bound}");
            }
            assert_eq!(buckets.index(-1.0), 0);
            assert_eq!(buckets.index(0.0), 0);
            assert_eq!(buckets.index(f64::MIN_POSITIVE), 0);
            assert_eq!(buckets.index(f64::MAX), buckets.bounds().len());
        }
    }

    #[test]
    fn log_linear_buckets_are_narrow_and_reach_far() {
        let buckets = Buckets::log_linear();
        let bounds = buckets.bounds();
        assert_eq!(bounds.len(), 1025);
        assert!(bounds[0] < 1e-9 && bounds[1024] > 1.7e10);
        assert!(bounds.windows(2).all(|b| b[1] > b[0] && b[1] / b[0] <= 1.0625));
    }

    #[test]
    fn bounds_that_make_no_sense_are_refused_and_told_why() {
        let check = |made: Result<Buckets, MetricError>, expected: &str| {
            let error = made.unwrap_err();
            assert!(error.is_invalid_buckets());
            assert!(error.to_string().contains(expected), "{error}");
        };
        check(Buckets::new(&[]), "1 to 256 bounds, and 0 were given");
        check(Buckets::new(&[1.0, f64::INFINITY]), "always there");
        check(Buckets::new(&[f64::NAN]), "NaN is no bound");
        check(Buckets::new(&[2.0, 1.0]), "2 is followed by 1");
        check(Buckets::new(&[-0.0, 0.0]), "bounds ascend");
        check(Buckets::linear(0.0, 0.0, 2), "bounds ascend");
        check(Buckets::linear(0.0, 1.0, usize::MAX), "257 were given");
        check(Buckets::exponential(1.0, 1.0, 2), "bounds ascend");
        check(Buckets::exponential(0.0, 2.0, 2), "bounds ascend");
        check(Buckets::exponential(1e300, 1e9, 2), "inf is no bound");
    }

    proptest! {
        #[test]
        fn a_value_lies_within_its_bucket(value in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            for buckets in [Buckets::default(), Buckets::log_linear()] {
                let at = buckets.index(value);
                let bounds = buckets.bounds();
                prop_assert!(at == bounds.len() || value <= bounds[at]);
                prop_assert!(at == 0 || value > bounds[at - 1]);
            }
        }
    }
}
