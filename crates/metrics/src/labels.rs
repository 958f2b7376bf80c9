//! The labels of one series.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use crate::Desc;

/// The labels of one series: the names its metric has, each with a value. It never changes.
///
/// A value is any text, empty included; what a monitoring system cannot take is escaped by its
/// backend.
#[derive(Clone)]
pub struct Labels {
    desc: Arc<Desc>,
    values: Arc<[Box<str>]>,
}

impl Labels {
    pub(crate) const fn new(desc: Arc<Desc>, values: Arc<[Box<str>]>) -> Self {
        Self { desc, values }
    }

    /// Names and values, in the order of the metric's label names.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.desc.labels.iter().map(|name| &**name).zip(self.values.iter().map(|value| &**value))
    }

    /// The value of the label `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(have, _)| *have == name).map(|(_, value)| value)
    }

    /// The values, in the order of the metric's label names.
    #[must_use]
    pub fn values(&self) -> impl ExactSizeIterator<Item = &str> {
        self.values.iter().map(|value| &**value)
    }

    pub(crate) fn is_exactly(&self, pairs: &[(&str, &str)]) -> bool {
        pairs.len() == self.values.len()
            && self.iter().all(|(name, value)| pairs.contains(&(name, value)))
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        self.desc.labels == other.desc.labels && self.values == other.values
    }
}

impl Eq for Labels {}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // The names are the same for all series of a metric: to hash them would tell nothing.
        self.values.hash(state);
    }
}
