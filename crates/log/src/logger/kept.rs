//! What a logger keeps, and what it can know of it before there is an event.

use std::{
    borrow::Cow,
    collections::HashSet,
    sync::{Arc, atomic::AtomicU64},
};

use crate::{Filter, Level, Sink, StoredValue, keys::KeySet, segment::Segment};

/// What the clones of a logger share. A logger derived from another one has its own, and shares the
/// pairs that both have.
pub(super) struct Kept {
    pub(super) filter: Filter,
    pub(super) default_level: Option<Level>,
    pub(super) root: Arc<Root>,
    /// Prefixes and context.
    pub(super) head: Vec<Arc<Segment>>,
    /// Suffixes.
    pub(super) tail: Vec<Arc<Segment>>,
    /// The keys of both, and whether one comes twice.
    pub(super) keys: KeySet,
    pub(super) repeats: bool,
}

/// What all loggers derived from one another share.
pub(super) struct Root {
    pub(super) errors: AtomicU64,
    pub(super) sink: Box<dyn Sink>,
}

impl Kept {
    pub(super) fn new(sink: Box<dyn Sink>) -> Self {
        Self {
            filter: Filter::default(),
            default_level: None,
            root: Arc::new(Root { errors: AtomicU64::new(0), sink }),
            head: Vec::new(),
            tail: Vec::new(),
            keys: KeySet::default(),
            repeats: false,
        }
    }

    /// Adds a pair to the context.
    pub(super) fn add(&mut self, key: Cow<'static, str>, value: StoredValue) {
        add(&mut self.head, key, value);
        self.recount();
    }

    pub(super) fn add_prefix(&mut self, key: Cow<'static, str>, value: StoredValue) {
        self.head.insert(0, Arc::new(Segment::of(vec![(key, value)])));
        self.recount();
    }

    pub(super) fn add_suffix(&mut self, key: Cow<'static, str>, value: StoredValue) {
        add(&mut self.tail, key, value);
        self.recount();
    }

    /// Finds out once, here, what else every event would have to.
    fn recount(&mut self) {
        let mut keys = KeySet::default();
        let mut repeats = false;
        for segment in self.head.iter().chain(&self.tail) {
            repeats |= segment.repeats() || !keys.is_disjoint(segment.keys());
            keys = keys.union(segment.keys());
        }
        if repeats {
            // Perhaps is not good enough for something that slows down every event.
            let segments = self.head.iter().chain(&self.tail);
            let mut pairs = segments.flat_map(|segment| segment.pairs());
            let mut seen = HashSet::new();
            repeats = !pairs.all(|(key, _)| seen.insert(key));
        }
        self.keys = keys;
        self.repeats = repeats;
    }
}

/// Puts a pair at the end: into the last segment while nobody else has it, so that a chain of
/// `with` makes one segment, otherwise into a new one.
fn add(segments: &mut Vec<Arc<Segment>>, key: Cow<'static, str>, value: StoredValue) {
    match segments.last_mut().and_then(Arc::get_mut) {
        Some(segment) => segment.push(key, value),
        None => segments.push(Arc::new(Segment::of(vec![(key, value)]))),
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        // With room for one more, because it is cloned to be added to.
        let mut head = Vec::with_capacity(self.head.len() + 1);
        head.extend_from_slice(&self.head);
        Self {
            filter: self.filter.clone(),
            default_level: self.default_level,
            root: self.root.clone(),
            head,
            tail: self.tail.clone(),
            keys: self.keys,
            repeats: self.repeats,
        }
    }
}
