//! All series of one metric.

use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, BuildHasherDefault, Hasher, RandomState},
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use crate::{
    Backend, Counter, Desc, Gauge, Histogram, Instrument, Kind, Labels, Metric, Observe, Series,
    UpDownCounter, cells::Packer, instrument::sealed::New, stats::Stats,
};

/// The value of every label of the series that takes what a full metric has no room for.
pub(crate) const OVERFLOW: &str = "__overflow__";

/// All series of one metric.
pub struct Store<M: Instrument> {
    pub(crate) desc: Arc<Desc>,
    pub(crate) stats: Arc<Stats>,
    /// `None` if nothing is kept.
    limit: Option<usize>,
    backends: Arc<[Arc<dyn Backend>]>,
    table: RwLock<Table<M>>,
    // Values may come from peers, so the hash is keyed.
    hasher: RandomState,
    overflow: OnceLock<M>,
}

struct Table<M> {
    /// Positions in `series`, by the hash of the values. Kept by hash and not by the values
    /// themselves, because looking up must not allocate.
    by_hash: HashMap<u64, Vec<usize>, BuildHasherDefault<Hashed>>,
    series: Vec<(Arc<[Box<str>]>, M)>,
    packer: Packer,
}

/// Hashes what is a hash already: not at all.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        // Only `u64` keys are ever hashed; anything else still works, if badly.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<M: Instrument> Store<M> {
    pub(crate) fn new(
        desc: Arc<Desc>,
        limit: Option<usize>,
        backends: Arc<[Arc<dyn Backend>]>,
    ) -> Self {
        Self {
            desc,
            stats: Arc::default(),
            limit,
            backends,
            table: RwLock::new(Table {
                by_hash: HashMap::default(),
                series: Vec::new(),
                packer: Packer::default(),
            }),
            hasher: RandomState::new(),
            overflow: OnceLock::new(),
        }
    }

    /// The series with these values, one for each label name.
    pub(crate) fn series(&self, values: &[&str]) -> M {
        let Some(limit) = self.limit else { return M::default() };
        let hash = self.hasher.hash_one(values);
        let find = |table: &Table<M>| table.find(hash, values);
        let found = find(&self.table.read().unwrap_or_else(PoisonError::into_inner));
        if let Some(found) = found {
            return found;
        }
        if !values.is_empty() && values.iter().all(|value| *value == OVERFLOW) {
            return self.overflow();
        }
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have been here in between.
        if let Some(found) = find(&table) {
            return found;
        }
        if table.series.len() >= limit {
            drop(table);
            self.stats.overflow();
            return self.overflow();
        }
        let values: Arc<[Box<str>]> = values.iter().map(|value| Box::from(*value)).collect();
        let metric = self.make(&values, &mut table.packer);
        let at = table.series.len();
        table.by_hash.entry(hash).or_default().push(at);
        table.series.push((values, metric.clone()));
        metric
    }

    fn overflow(&self) -> M {
        let made = self
            .overflow
            .get_or_init(|| self.make(&overflow_values(&self.desc), &mut Packer::default()));
        made.clone()
    }

    fn make(&self, values: &Arc<[Box<str>]>, packer: &mut Packer) -> M {
        let taps: Box<[Arc<dyn Observe>]> = if M::KIND == Kind::Histogram {
            let labels = Labels::new(self.desc.clone(), values.clone());
            self.backends.iter().filter_map(|backend| backend.tap(&self.desc, &labels)).collect()
        } else {
            Box::default()
        };
        M::new_series(New { desc: &self.desc, stats: &self.stats, packer, taps })
    }

    fn read(&self) -> Metric {
        let mut all = {
            let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
            table.series.clone()
        };
        if let Some(overflow) = self.overflow.get() {
            all.push((overflow_values(&self.desc), overflow.clone()));
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        let series = all.into_iter().map(|(values, metric)| Series {
            labels: Labels::new(self.desc.clone(), values),
            value: metric.read(),
        });
        Metric { desc: self.desc.clone(), series: series.collect() }
    }
}

fn overflow_values(desc: &Desc) -> Arc<[Box<str>]> {
    desc.labels.iter().map(|_| Box::from(OVERFLOW)).collect()
}

impl<M: Clone> Table<M> {
    fn find(&self, hash: u64, values: &[&str]) -> Option<M> {
        let same = |at: &&usize| {
            let have = &self.series[**at].0;
            have.iter().map(|value| &**value).eq(values.iter().copied())
        };
        let at = self.by_hash.get(&hash)?.iter().find(same)?;
        Some(self.series[*at].1.clone())
    }
}

impl<M: Instrument> fmt::Debug for Store<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("desc", &self.desc).finish_non_exhaustive()
    }
}

/// A store of any kind.
#[derive(Debug)]
pub enum AnyStore {
    Counter(Arc<Store<Counter>>),
    UpDownCounter(Arc<Store<UpDownCounter>>),
    Gauge(Arc<Store<Gauge>>),
    Histogram(Arc<Store<Histogram>>),
}

impl AnyStore {
    pub(crate) fn desc(&self) -> &Desc {
        match self {
            Self::Counter(store) => &store.desc,
            Self::UpDownCounter(store) => &store.desc,
            Self::Gauge(store) => &store.desc,
            Self::Histogram(store) => &store.desc,
        }
    }

    pub(crate) fn stats(&self) -> &Stats {
        match self {
            Self::Counter(store) => &store.stats,
            Self::UpDownCounter(store) => &store.stats,
            Self::Gauge(store) => &store.stats,
            Self::Histogram(store) => &store.stats,
        }
    }

    pub(crate) fn read(&self) -> Metric {
        match self {
            Self::Counter(store) => store.read(),
            Self::UpDownCounter(store) => store.read(),
            Self::Gauge(store) => store.read(),
            Self::Histogram(store) => store.read(),
        }
    }
}
