//! The `metrics` facade: libraries that are instrumented with it report through a registry.

mod handles;
mod known;
mod names;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use ::metrics::{Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::{Buckets, Instrument, Kind, Registry};
use handles::{Level, Observations, Total};
use known::Known;

/// More than programs have, unless they make names of what comes from outside.
const METRICS: NonZeroUsize = NonZeroUsize::new(1000).expect("it is not zero");

/// Keys of one kind whose handles are found without looking at their labels.
const KNOWN: usize = 8192;

/// A recorder for the [`metrics`](::metrics) facade: what libraries that are instrumented with it
/// observe becomes metrics of a [`Registry`], and so goes wherever that is shown or sent.
///
/// The program installs it, with [`set_global_recorder`](::metrics::set_global_recorder) or
/// [`with_local_recorder`](::metrics::with_local_recorder); this crate has no global recorder.
/// Clones are the same recorder.
///
/// ```
/// use oxkit_metrics::{FacadeRecorder, Registry};
///
/// // In some library:
/// fn fetch() {
///     metrics::counter!("http.fetches", "code" => "200").increment(1);
/// }
///
/// // In the program:
/// let registry = Registry::new();
/// let recorder = FacadeRecorder::new(&registry);
/// metrics::with_local_recorder(&recorder, fetch);
///
/// let seen = registry.snapshot();
/// assert_eq!(seen.number("http_fetches", &[("code", "200")]), Some(1.0));
/// ```
///
/// # How names become ours
///
/// The facade takes any text for a name; a [`Registry`] takes what every monitoring system can
/// express. Nothing is lost to that, and nothing panics:
///
/// * In names of metrics and labels, what is no ASCII letter, digit or `_` becomes `_`, and `_` is
///   put before a digit at the beginning. So `http.requests` is `http_requests`, and is the same
///   metric as one that is called so.
/// * The name of a label does not begin with `__` (one `_` stays), and is not `le` or `quantile` in
///   a histogram (`le_`). Of a label that is given twice the last value counts; labels whose names
///   become the same are told apart by `_2`, `_3` and so on.
/// * Keys of one name that have different labels are metrics side by side: `jobs` by `queue`, and
///   `jobs` by `host`. The order of labels is of no matter.
/// * If a name cannot be had, because it is taken by a metric of another kind or a backend refuses,
///   its labels are added (`jobs_by_host`), and if that cannot be had, its kind
///   (`jobs_by_host_gauge`).
///
/// Statsd has no names of labels, only values: there `jobs` by `queue` and `jobs` by `host` are told
/// apart by their values alone. Systems with labels or tags have no such limit.
///
/// What cannot be had even so, and what is beyond the [limit](FacadeBuilder::metric_limit), is
/// not kept and is [counted](Self::refused).
///
/// # What the facade's operations do
///
/// | | |
/// |---|---|
/// | counter: `increment`, `absolute` | adds; `absolute` adds what is lacking, and nothing if there is more. Exact to 2⁵³ |
/// | gauge: `set`, `increment`, `decrement` | sets, adds |
/// | histogram: `record`, `record_many` | observes, into the [buckets](FacadeBuilder::buckets_for) of its name |
/// | `describe_*` | the help text of metrics that are first used after it, the unit at its end |
///
/// As ever, what is no value for its metric is [rejected](Registry::rejected).
///
/// # What it costs
///
/// The facade's macros ask for a handle at every observation, which is a look-up by name and labels
/// under a lock that is shared. A library that keeps its handles pays an indirect call.
#[derive(Clone)]
pub struct FacadeRecorder {
    inner: Arc<Inner>,
}

struct Inner {
    registry: Registry,
    settings: FacadeBuilder,
    counters: Known<::metrics::Counter>,
    gauges: Known<::metrics::Gauge>,
    histograms: Known<::metrics::Histogram>,
    catching_up: Arc<Mutex<()>>,
    state: Mutex<State>,
    refused: AtomicU64,
}

#[derive(Default)]
struct State {
    descriptions: HashMap<String, String>,
    /// Name, kind and names of the labels of each metric that was made.
    made: HashSet<(String, Kind, Vec<String>)>,
}

impl FacadeRecorder {
    /// Records into `registry`, with the defaults of [`FacadeBuilder`].
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        FacadeBuilder::new().build(registry)
    }

    /// How often a handle was asked for that keeps nothing, because its metric could not be had.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.inner.refused.load(Relaxed)
    }
}

impl Inner {
    /// The series of a key, if its metric can be had.
    fn series<M: Instrument>(&self, key: &Key) -> Option<M> {
        let given = key.labels().map(|label| (label.key(), label.value()));
        let labels = names::labels(M::KIND, given);
        let name = names::metric(key.name());
        let found = self.find(key.name(), name, &labels);
        if found.is_none() {
            self.refused.fetch_add(1, Relaxed);
        }
        found
    }

    fn find<M: Instrument>(
        &self,
        given: &str,
        name: String,
        labels: &[(String, &str)],
    ) -> Option<M> {
        let label_names: Vec<_> = labels.iter().map(|(label, _)| &**label).collect();
        let values: Vec<_> = labels.iter().map(|(_, value)| *value).collect();
        let candidates = names::candidates(&name, M::KIND, labels);
        let owned = label_names.iter().map(|label| (*label).to_owned()).collect();
        let identity = (name, M::KIND, owned);

        let help = {
            let mut state = self.state();
            if !state.made.contains(&identity) {
                if state.made.len() >= self.settings.metric_limit.get() {
                    return None;
                }
                state.made.insert(identity.clone());
            }
            state.descriptions.get(given).cloned().unwrap_or_default()
        };
        // Without our lock: backends are asked, who may do anything.
        let buckets = (M::KIND == Kind::Histogram).then(|| self.settings.buckets_of(given));
        let family = candidates.iter().find_map(|name| {
            let buckets = buckets.clone();
            self.registry.family_beside_others::<M>(name, &help, &label_names, buckets).ok()
        });
        if family.is_none() {
            self.state().made.remove(&identity);
        }
        family?.with(&values).ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn describe(&self, name: &KeyName, unit: Option<Unit>, description: &str) {
        let text = match unit.filter(|unit| *unit != Unit::Count) {
            Some(unit) => format!("{description} Unit: {}.", unit.as_str()).trim_start().to_owned(),
            None => description.to_owned(),
        };
        let mut state = self.state();
        let descriptions = &mut state.descriptions;
        if descriptions.len() < self.settings.metric_limit.get()
            || descriptions.contains_key(name.as_str())
        {
            descriptions.insert(name.as_str().to_owned(), text);
        }
    }
}

impl Recorder for FacadeRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe(&key, unit, &description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe(&key, unit, &description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.inner.describe(&key, unit, &description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> ::metrics::Counter {
        let inner = &self.inner;
        inner.counters.get_or(key, || {
            inner.series(key).map_or_else(::metrics::Counter::noop, |counter| {
                ::metrics::Counter::from_arc(Arc::new(Total::new(
                    counter,
                    inner.catching_up.clone(),
                )))
            })
        })
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> ::metrics::Gauge {
        let inner = &self.inner;
        inner.gauges.get_or(key, || {
            inner.series(key).map_or_else(::metrics::Gauge::noop, |gauge| {
                ::metrics::Gauge::from_arc(Arc::new(Level(gauge)))
            })
        })
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> ::metrics::Histogram {
        let inner = &self.inner;
        inner.histograms.get_or(key, || {
            inner.series(key).map_or_else(::metrics::Histogram::noop, |histogram| {
                ::metrics::Histogram::from_arc(Arc::new(Observations(histogram)))
            })
        })
    }
}

impl fmt::Debug for FacadeRecorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FacadeRecorder")
            .field("settings", &self.inner.settings)
            .field("refused", &self.refused())
            .finish_non_exhaustive()
    }
}

/// Sets up a [`FacadeRecorder`].
///
/// | setting | default | reason |
/// |---|---|---|
/// | [`buckets`](Self::buckets) | [`Buckets::default`] | libraries mostly record seconds |
/// | [`buckets_for`](Self::buckets_for) | none | |
/// | [`metric_limit`](Self::metric_limit) | 1000 metrics | more are made of what comes from outside |
///
/// ```
/// use oxkit_metrics::{Buckets, FacadeBuilder, Registry};
///
/// let registry = Registry::new();
/// let recorder = FacadeBuilder::new()
///     .buckets_for("pool.size", Buckets::linear(1.0, 1.0, 10)?)
///     .build(&registry);
/// metrics::with_local_recorder(&recorder, || metrics::histogram!("pool.size").record(3));
///
/// let seen = registry.snapshot();
/// assert_eq!(seen.distribution("pool_size", &[]).map(|d| d.buckets().bounds().len()), Some(10));
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until `build`"]
pub struct FacadeBuilder {
    buckets: Buckets,
    buckets_for: Vec<(String, Buckets)>,
    metric_limit: NonZeroUsize,
}

impl FacadeBuilder {
    /// The defaults.
    pub fn new() -> Self {
        Self { buckets: Buckets::default(), buckets_for: Vec::new(), metric_limit: METRICS }
    }

    /// The buckets of histograms, unless there are [others](Self::buckets_for) for their names.
    pub fn buckets(mut self, buckets: Buckets) -> Self {
        self.buckets = buckets;
        self
    }

    /// The buckets of histograms whose names, as the library writes them, begin with `prefix`. The
    /// longest prefix that fits counts.
    ///
    /// All histograms of one name have the same buckets: those of the first.
    pub fn buckets_for(mut self, prefix: &str, buckets: Buckets) -> Self {
        self.buckets_for.push((prefix.to_owned(), buckets));
        self
    }

    /// How many metrics there may be; names with different names of labels count as several. What
    /// comes after is not kept, and is [counted](FacadeRecorder::refused).
    ///
    /// How many series a metric has is bounded by [its registry](Registry::with_series_limit).
    pub const fn metric_limit(mut self, limit: NonZeroUsize) -> Self {
        self.metric_limit = limit;
        self
    }

    /// Records into `registry`.
    #[must_use]
    pub fn build(self, registry: &Registry) -> FacadeRecorder {
        let inner = Inner {
            registry: registry.clone(),
            settings: self,
            counters: Known::new(KNOWN),
            gauges: Known::new(KNOWN),
            histograms: Known::new(KNOWN),
            catching_up: Arc::default(),
            state: Mutex::default(),
            refused: AtomicU64::new(0),
        };
        FacadeRecorder { inner: Arc::new(inner) }
    }

    fn buckets_of(&self, name: &str) -> Buckets {
        let fitting = self.buckets_for.iter().filter(|(prefix, _)| name.starts_with(&**prefix));
        let longest = fitting.max_by_key(|(prefix, _)| prefix.len());
        longest.map_or_else(|| self.buckets.clone(), |(_, buckets)| buckets.clone())
    }
}

impl Default for FacadeBuilder {
    fn default() -> Self {
        Self::new()
    }
}
