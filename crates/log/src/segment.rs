//! Pairs that a logger or a span keeps, encoded once for each format.

use std::{borrow::Cow, sync::OnceLock};

use crate::{
    Lazy,
    format::{Encode, InvalidKey},
    keys::KeySet,
    value::StoredValue,
};

/// Pairs that are kept together. They never change once shared, so loggers derived from one
/// another share them and never see each other's.
#[derive(Clone, Default)]
pub(crate) struct Segment {
    pairs: Vec<(Cow<'static, str>, StoredValue)>,
    keys: KeySet,
    repeats: bool,
    logfmt: OnceLock<Result<Encoded, InvalidKey>>,
    json: OnceLock<Result<Encoded, InvalidKey>>,
}

/// The bytes of a segment, with a gap for each lazy value.
#[derive(Clone)]
pub(crate) struct Encoded(Vec<Part>);

#[derive(Clone)]
pub(crate) struct Part {
    /// Pairs, each with its separator before it, and the key of the lazy value.
    pub(crate) text: Vec<u8>,
    /// What comes after them. None if this is the end.
    pub(crate) lazy: Option<Lazy>,
}

impl Segment {
    pub(crate) fn of(pairs: Vec<(Cow<'static, str>, StoredValue)>) -> Self {
        let mut segment = Self::default();
        for (at, (key, _)) in pairs.iter().enumerate() {
            let mut before = pairs[..at].iter();
            segment.repeats |= !segment.keys.insert(key) && before.any(|(other, _)| other == key);
        }
        Self { pairs, ..segment }
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn with_capacity(pairs: usize) -> Self {
        Self { pairs: Vec::with_capacity(pairs), ..Self::default() }
    }

    pub(crate) fn push(&mut self, key: Cow<'static, str>, value: StoredValue) {
        self.repeats |= !self.keys.insert(&key) && self.contains(&key);
        self.pairs.push((key, value));
        self.forget_encoded();
    }

    /// Puts a pair in, in the place of one with the same key if there is one.
    #[cfg(feature = "tracing")]
    pub(crate) fn replace(&mut self, key: Cow<'static, str>, value: StoredValue) {
        match self.pairs.iter_mut().find(|(present, _)| *present == key) {
            Some(pair) => {
                pair.1 = value;
                self.forget_encoded();
            }
            None => self.push(key, value),
        }
    }

    fn forget_encoded(&mut self) {
        self.logfmt = OnceLock::new();
        self.json = OnceLock::new();
    }

    pub(crate) fn pairs(&self) -> &[(Cow<'static, str>, StoredValue)] {
        &self.pairs
    }

    #[cfg(feature = "tracing")]
    pub(crate) fn into_pairs(self) -> Vec<(Cow<'static, str>, StoredValue)> {
        self.pairs
    }

    pub(crate) const fn keys(&self) -> KeySet {
        self.keys
    }

    /// Whether two of the pairs have the same key.
    pub(crate) const fn repeats(&self) -> bool {
        self.repeats
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.pairs.iter().any(|(present, _)| present == key)
    }

    pub(crate) fn encoded<F: Encode>(&self) -> Result<&[Part], InvalidKey> {
        let cell = F::pick(&self.logfmt, &self.json);
        match cell.get_or_init(|| self.encode::<F>()) {
            Ok(encoded) => Ok(&encoded.0),
            Err(invalid) => Err(*invalid),
        }
    }

    fn encode<F: Encode>(&self) -> Result<Encoded, InvalidKey> {
        // A guess that is seldom too small: growing from nothing takes several allocations.
        let mut text = Vec::with_capacity(32 * self.pairs.len());
        let mut parts = Vec::new();
        for (key, value) in &self.pairs {
            F::key(&mut text, key)?;
            match value.lazy() {
                Some(lazy) => {
                    parts.push(Part { text: std::mem::take(&mut text), lazy: Some(lazy.clone()) });
                }
                None => F::value(&mut text, &value.constant().unwrap_or_default()),
            }
        }
        if !text.is_empty() {
            parts.push(Part { text, lazy: None });
        }
        Ok(Encoded(parts))
    }
}
