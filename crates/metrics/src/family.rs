//! A metric with labels.

use std::{fmt, sync::Arc};

use crate::{Desc, Instrument, MetricError, store::Store};

/// A metric with `N` labels: one series for each set of their values.
///
/// [`with`](Self::with) is for what is known when the program starts: resolve once, keep the handle,
/// and each observation is one write to memory. It is also for what is known only in the call; then
/// it costs a look-up, some tens of nanoseconds, and allocates for the first of its values only.
///
/// A handle has its labels for ever: there is no way to add one to it, so no two scopes can write
/// into each other's series.
///
/// # The bound on series
///
/// Values that come from outside (a path, a user agent) can make a metric grow without end, and
/// monitoring systems die of that. A metric takes
/// [as many series as its registry says](crate::Registry::with_series_limit), 2000 by default.
/// What comes after is counted in one series whose labels all have the value `__overflow__`, so
/// sums stay right, and how often that happened is shown: see
/// [`Registry::overflowed`](crate::Registry::overflowed).
///
/// ```
/// use oxkit_metrics::Registry;
///
/// let registry = Registry::new();
/// let jobs = registry.counter_family("jobs", "Jobs done.", ["queue", "outcome"])?;
///
/// let mailed = jobs.with(["mail", "ok"]);
/// mailed.increment();
/// mailed.increment();
///
/// assert_eq!(jobs.with(["mail", "ok"]).value(), 2.0);
/// assert_eq!(jobs.with(["mail", "failed"]).value(), 0.0);
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
pub struct Family<M: Instrument, const N: usize> {
    store: Arc<Store<M>>,
}

impl<M: Instrument, const N: usize> Family<M, N> {
    /// `store` has `N` labels.
    pub(crate) const fn new(store: Arc<Store<M>>) -> Self {
        Self { store }
    }

    /// The series with these values of the labels, in the order of their names. Made if it is not
    /// there.
    #[must_use]
    pub fn with(&self, values: [&str; N]) -> M {
        self.store.series(&values)
    }

    /// The series with these labels, in any order.
    ///
    /// # Errors
    ///
    /// Each label of the metric is given once, and no other is.
    pub fn with_pairs(&self, pairs: &[(&str, &str)]) -> Result<M, MetricError> {
        by_name(&self.store, pairs)
    }

    /// What the metric is.
    #[must_use]
    pub fn desc(&self) -> &Desc {
        &self.store.desc
    }

    /// The same metric, for when the number of labels is no longer known.
    #[must_use]
    pub fn dynamic(&self) -> DynamicFamily<M> {
        DynamicFamily { store: self.store.clone() }
    }
}

impl<M: Instrument, const N: usize> Clone for Family<M, N> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone() }
    }
}

impl<M: Instrument, const N: usize> fmt::Debug for Family<M, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("desc", self.desc()).finish_non_exhaustive()
    }
}

/// A metric whose labels are known only at run time: a [`Family`] without a number.
///
/// For bridges and generic code. Made by [`Registry::family`](crate::Registry::family).
#[derive(Clone)]
pub struct DynamicFamily<M: Instrument> {
    store: Arc<Store<M>>,
}

impl<M: Instrument> DynamicFamily<M> {
    pub(crate) const fn new(store: Arc<Store<M>>) -> Self {
        Self { store }
    }

    /// The series with these values of the labels, in the order of their names. Made if it is not
    /// there.
    ///
    /// # Errors
    ///
    /// There are as many values as labels.
    pub fn with(&self, values: &[&str]) -> Result<M, MetricError> {
        if values.len() == self.store.desc.labels.len() {
            return Ok(self.store.series(values));
        }
        Err(MetricError::labels(format!(
            "the metric `{}` is {}, and {} values were given",
            self.desc().name(),
            self.desc(),
            values.len()
        )))
    }

    /// The series with these labels, in any order.
    ///
    /// # Errors
    ///
    /// Each label of the metric is given once, and no other is.
    pub fn with_pairs(&self, pairs: &[(&str, &str)]) -> Result<M, MetricError> {
        by_name(&self.store, pairs)
    }

    /// What the metric is.
    #[must_use]
    pub fn desc(&self) -> &Desc {
        &self.store.desc
    }
}

impl<M: Instrument> fmt::Debug for DynamicFamily<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamicFamily").field("desc", self.desc()).finish_non_exhaustive()
    }
}

fn by_name<M: Instrument>(store: &Store<M>, pairs: &[(&str, &str)]) -> Result<M, MetricError> {
    let value_of = |name: &str| pairs.iter().find(|(given, _)| *given == name).map(|pair| pair.1);
    let values: Option<Vec<_>> = store.desc.label_names().map(value_of).collect();
    match values {
        // As many, and each of the names is among them: none is given twice.
        Some(values) if values.len() == pairs.len() => Ok(store.series(&values)),
        _ => Err(MetricError::labels(format!(
            "the metric `{}` is {}, and was asked for with {:?}",
            store.desc.name(),
            store.desc,
            pairs.iter().map(|pair| pair.0).collect::<Vec<_>>()
        ))),
    }
}
