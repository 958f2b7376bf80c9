//! Where metrics are made and read.

use std::{
    collections::BTreeMap,
    fmt,
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    Backend, Buckets, Counter, Desc, DynamicFamily, Family, Gauge, Histogram, Instrument, Kind,
    MetricError, Snapshot, UpDownCounter, name, own,
    stats::Stats,
    store::{AnyStore, Store},
};

/// As many series as OpenTelemetry's specification allows a metric by default ("Cardinality
/// limits").
const SERIES: NonZeroUsize = NonZeroUsize::new(2000).expect("it is not zero");

/// Where metrics are made and read. One for a program, made in `main` and passed to whoever
/// measures; there is no global one.
///
/// Clones are the same registry. Asking twice for one metric gives the same metric, so two parts of
/// a program may share it without knowing of each other. It is one metric if the name, the kind,
/// the names of the labels in their order, and the buckets are the same; if only the name is, that
/// is an [error](MetricError).
///
/// To show the metrics to a monitoring system, attach its backend; to several, attach several. A
/// test needs none: it asks a [`snapshot`](Self::snapshot).
///
/// ```
/// use oxkit_metrics::{Buckets, Registry};
///
/// let registry = Registry::new();
/// let requests = registry.counter_family("requests", "Requests served.", ["code"])?;
/// let ok = requests.with(["200"]);
/// ok.increment();
///
/// let again = registry.counter_family("requests", "Requests served.", ["code"])?;
/// assert_eq!(again.with(["200"]).value(), 1.0);
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Clone)]
pub struct Registry {
    inner: Arc<Inner>,
}

struct Inner {
    /// Series of a metric; `None` if nothing is kept.
    limit: Option<usize>,
    state: Mutex<State>,
}

struct State {
    /// By name. There is one of a name, but for metrics that a bridge keeps apart by the names of
    /// their labels.
    metrics: BTreeMap<Box<str>, Vec<AnyStore>>,
    backends: Arc<[Arc<dyn Backend>]>,
    #[cfg(feature = "push")]
    exporters: Vec<(&'static str, crate::PushStats)>,
}

impl Registry {
    /// An empty registry whose metrics have up to 2000 series each.
    #[must_use]
    pub fn new() -> Self {
        Self::with_series_limit(SERIES)
    }

    /// An empty registry whose metrics have up to `limit` series each: see [`Family`].
    #[must_use]
    pub fn with_series_limit(limit: NonZeroUsize) -> Self {
        Self::with_limit(Some(limit.get()))
    }

    /// A registry that keeps nothing. Names and conflicts are checked as ever, and the handles do
    /// nothing.
    ///
    /// ```
    /// use oxkit_metrics::Registry;
    ///
    /// let registry = Registry::discard();
    /// registry.counter("jobs", "Jobs done.")?.increment();
    /// assert!(registry.gauge("jobs", "").is_err());
    /// assert!(registry.snapshot().metrics().is_empty());
    /// # Ok::<_, oxkit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn discard() -> Self {
        Self::with_limit(None)
    }

    fn with_limit(limit: Option<usize>) -> Self {
        let state = State {
            metrics: BTreeMap::new(),
            backends: Arc::default(),
            #[cfg(feature = "push")]
            exporters: Vec::new(),
        };
        Self { inner: Arc::new(Inner { limit, state: Mutex::new(state) }) }
    }

    /// Adds a backend, which is asked about each metric from now on.
    ///
    /// # Errors
    ///
    /// The registry has metrics already.
    pub fn attach(&self, backend: Arc<dyn Backend>) -> Result<(), MetricError> {
        let mut state = self.state();
        if !state.metrics.is_empty() {
            return Err(MetricError::late());
        }
        state.backends = state.backends.iter().cloned().chain([backend]).collect();
        Ok(())
    }

    /// Shows how sending goes.
    #[cfg(feature = "push")]
    pub(crate) fn watch(&self, name: &'static str, stats: crate::PushStats) {
        self.state().exporters.push((name, stats));
    }

    /// A [`Counter`] without labels.
    ///
    /// # Errors
    ///
    /// The name is not valid, is taken by another metric, or is refused by a backend.
    pub fn counter(&self, name: &str, help: &str) -> Result<Counter, MetricError> {
        Ok(self.counter_family(name, help, [])?.with([]))
    }

    /// A [`Counter`] for each set of values of these labels.
    ///
    /// # Errors
    ///
    /// A name is not valid, is taken by another metric, or is refused by a backend.
    pub fn counter_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<Counter, N>, MetricError> {
        self.store(name, help, &labels, None).map(Family::new)
    }

    /// An [`UpDownCounter`] without labels.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    pub fn up_down_counter(&self, name: &str, help: &str) -> Result<UpDownCounter, MetricError> {
        Ok(self.up_down_counter_family(name, help, [])?.with([]))
    }

    /// An [`UpDownCounter`] for each set of values of these labels.
    ///
    /// # Errors
    ///
    /// As [`counter_family`](Self::counter_family).
    pub fn up_down_counter_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<UpDownCounter, N>, MetricError> {
        self.store(name, help, &labels, None).map(Family::new)
    }

    /// A [`Gauge`] without labels.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter).
    pub fn gauge(&self, name: &str, help: &str) -> Result<Gauge, MetricError> {
        Ok(self.gauge_family(name, help, [])?.with([]))
    }

    /// A [`Gauge`] for each set of values of these labels.
    ///
    /// # Errors
    ///
    /// As [`counter_family`](Self::counter_family).
    pub fn gauge_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
    ) -> Result<Family<Gauge, N>, MetricError> {
        self.store(name, help, &labels, None).map(Family::new)
    }

    /// A [`Histogram`] without labels.
    ///
    /// # Errors
    ///
    /// As [`counter`](Self::counter). It is also another metric if the buckets are others.
    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        buckets: Buckets,
    ) -> Result<Histogram, MetricError> {
        Ok(self.histogram_family(name, help, [], buckets)?.with([]))
    }

    /// A [`Histogram`] for each set of values of these labels.
    ///
    /// # Errors
    ///
    /// As [`counter_family`](Self::counter_family). It is also another metric if the buckets are
    /// others.
    pub fn histogram_family<const N: usize>(
        &self,
        name: &str,
        help: &str,
        labels: [&str; N],
        buckets: Buckets,
    ) -> Result<Family<Histogram, N>, MetricError> {
        self.store(name, help, &labels, Some(buckets)).map(Family::new)
    }

    /// A metric of any kind with labels that are known only at run time, for bridges. A histogram
    /// has the default buckets.
    ///
    /// ```
    /// use oxkit_metrics::{Counter, Registry};
    ///
    /// let registry = Registry::new();
    /// let names: Vec<&str> = "queue outcome".split(' ').collect();
    /// let jobs = registry.family::<Counter>("jobs", "Jobs done.", &names)?;
    /// jobs.with(&["mail", "ok"])?.increment();
    /// assert_eq!(jobs.with_pairs(&[("outcome", "ok"), ("queue", "mail")])?.value(), 1.0);
    /// assert!(jobs.with(&["mail"]).unwrap_err().is_wrong_labels());
    /// # Ok::<_, oxkit_metrics::MetricError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`counter_family`](Self::counter_family).
    pub fn family<M: Instrument>(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
    ) -> Result<DynamicFamily<M>, MetricError> {
        let buckets = (M::KIND == Kind::Histogram).then(Buckets::default);
        self.store(name, help, labels, buckets).map(DynamicFamily::new)
    }

    fn store<M: Instrument>(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: Option<Buckets>,
    ) -> Result<Arc<Store<M>>, MetricError> {
        name::check_metric(name)?;
        name::check_labels(M::KIND, labels)?;
        let desc = Desc::new(name, help, M::KIND, labels, buckets);
        own::check(&desc)?;
        self.keep(&mut self.state(), desc, false)
    }

    /// As [`family`](Self::family), beside metrics of the same name and kind that have other labels.
    /// A histogram has the buckets of those.
    #[cfg(feature = "metrics")]
    pub(crate) fn family_beside_others<M: Instrument>(
        &self,
        name: &str,
        help: &str,
        labels: &[&str],
        buckets: Option<Buckets>,
    ) -> Result<DynamicFamily<M>, MetricError> {
        name::check_metric(name)?;
        name::check_labels(M::KIND, labels)?;
        let mut desc = Desc::new(name, help, M::KIND, labels, buckets);
        own::check(&desc)?;
        let mut state = self.state();
        let others = state.metrics.get(name).map_or(&[][..], Vec::as_slice);
        if let Some(other) = others.iter().find(|other| other.desc().kind == M::KIND) {
            desc.buckets = other.desc().buckets.clone();
        }
        self.keep(&mut state, desc, true).map(DynamicFamily::new)
    }

    /// The metric that is there, or a new one; that one `beside_others` of its name and kind or not.
    fn keep<M: Instrument>(
        &self,
        state: &mut State,
        desc: Desc,
        beside_others: bool,
    ) -> Result<Arc<Store<M>>, MetricError> {
        let present = state.metrics.get(desc.name()).map_or(&[][..], Vec::as_slice);
        for store in present.iter().filter_map(M::find) {
            if store.desc.is_same(&desc) {
                return Ok(store.clone());
            }
        }
        if let Some(present) = present.first().map(AnyStore::desc)
            && !(beside_others && present.kind == desc.kind)
        {
            return Err(MetricError::conflict(present, &desc));
        }
        for backend in state.backends.iter() {
            backend.accept(&desc)?;
        }
        let place = state.metrics.entry(desc.name().into()).or_default();
        let store = Store::new(Arc::new(desc), self.inner.limit, state.backends.clone());
        let store = Arc::new(store);
        place.push(M::erase(store.clone()));
        // Whichever came first, they are read in the same order.
        place.sort_by(|a, b| a.desc().labels.cmp(&b.desc().labels));
        Ok(store)
    }

    /// All metrics at this moment.
    ///
    /// If something was [rejected](Self::rejected) or [overflowed](Self::overflowed), two counters
    /// that say so are among them: `oxkit_metrics_rejected_total` and
    /// `oxkit_metrics_overflowed_total`, labelled by `metric`. If something went wrong with sending,
    /// `oxkit_metrics_push_failures_total` and `oxkit_metrics_push_dropped_total` are too, labelled by
    /// `exporter`.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        if self.inner.limit.is_none() {
            return Snapshot::default();
        }
        let state = self.state();
        let mut metrics: Vec<_> = state.metrics.values().flatten().map(AnyStore::read).collect();
        for (number, desc) in own::ALL {
            metrics.extend(own::read(desc, state.metrics.values(), number));
        }
        #[cfg(feature = "push")]
        metrics.extend(own::pushed(&state.exporters));
        drop(state);
        metrics.sort_by(|a, b| a.desc.name().cmp(b.desc.name()));
        Snapshot::new(metrics)
    }

    /// How often the metric `name` was given what is no value for it: a negative amount for a
    /// counter, an infinity or NaN for any but [`Gauge::set`]. 0 if there is no such metric.
    ///
    /// ```
    /// use oxkit_metrics::Registry;
    ///
    /// let registry = Registry::new();
    /// let spent = registry.counter("seconds", "Seconds spent.")?;
    /// spent.add_f64(0.5);
    /// spent.add_f64(f64::NAN);
    /// spent.add_f64(-1.0);
    /// assert_eq!(spent.value(), 0.5);
    /// assert_eq!(registry.rejected("seconds"), 2);
    /// # Ok::<_, oxkit_metrics::MetricError>(())
    /// ```
    #[must_use]
    pub fn rejected(&self, name: &str) -> u64 {
        self.state().metrics.get(name).map_or(0, |stores| own::sum(stores, Stats::rejected))
    }

    /// How often labels of the metric `name` were resolved that it has no room for: see
    /// [`Family`]. 0 if there is no such metric.
    #[must_use]
    pub fn overflowed(&self, name: &str) -> u64 {
        self.state().metrics.get(name).map_or(0, |stores| own::sum(stores, Stats::overflowed))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Registry")
            .field("metrics", &state.metrics.keys())
            .field("backends", &state.backends)
            .finish_non_exhaustive()
    }
}
