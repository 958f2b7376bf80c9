//! Handles that were asked for before.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    sync::{PoisonError, RwLock},
};

use ::metrics::Key;

/// Handles by the keys they were asked for with: the facade's macros ask at every observation.
///
/// Bounded: keys may have label values from peers. What has no room is resolved each time.
pub(super) struct Known<H> {
    limit: usize,
    handles: RwLock<Handles<H>>,
    hasher: RandomState,
}

struct Handles<H> {
    count: usize,
    /// By our own keyed hash. The hash that a key brings is not keyed, so a peer whose text becomes
    /// a label could make many keys meet.
    by_hash: HashMap<u64, Vec<(Key, H)>>,
}

impl<H: Clone> Known<H> {
    pub(super) fn new(limit: usize) -> Self {
        let handles = RwLock::new(Handles { count: 0, by_hash: HashMap::new() });
        Self { limit, handles, hasher: RandomState::new() }
    }

    pub(super) fn get_or(&self, key: &Key, make: impl FnOnce() -> H) -> H {
        let hash = self.hash(key);
        if let Some(known) = self.get(hash, key) {
            return known;
        }
        let handle = make();
        let mut handles = self.handles.write().unwrap_or_else(PoisonError::into_inner);
        if handles.count < self.limit {
            // It may be in twice, from two threads: both write to the same series.
            handles.count += 1;
            handles.by_hash.entry(hash).or_default().push((key.to_retained(), handle.clone()));
        }
        handle
    }

    fn get(&self, hash: u64, key: &Key) -> Option<H> {
        let handles = self.handles.read().unwrap_or_else(PoisonError::into_inner);
        let known = handles.by_hash.get(&hash)?.iter().find(|(known, _)| known == key)?;
        Some(known.1.clone())
    }

    fn hash(&self, key: &Key) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        key.name().hash(&mut hasher);
        for label in key.labels() {
            label.key().hash(&mut hasher);
            label.value().hash(&mut hasher);
        }
        hasher.finish()
    }
}
