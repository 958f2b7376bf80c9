//! One event, as a sink sees it.

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    Level, Value,
    keys::{KeySet, fingerprint},
    segment::Segment,
    value::{Caller, StoredValue},
};

/// A key and its value.
pub type Field<'a> = (&'a str, Value<'a>);

/// One event, as a [`Sink`](crate::Sink) sees it: its level and its pairs in their final order.
///
/// The order is: level, prefixes, context, the pairs of the event itself, suffixes.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    pub(crate) level: Option<Level>,
    pub(crate) about: About<'a>,
    /// Prefixes and context of the logger.
    pub(crate) head: &'a [Arc<Segment>],
    /// What a bridge says about an event before the context it came with.
    pub(crate) lead: &'a [Field<'a>],
    /// The context an event came with: the spans it happened in.
    pub(crate) scope: &'a [Arc<Segment>],
    pub(crate) call: Call<'a>,
    /// Suffixes of the logger.
    pub(crate) tail: &'a [Arc<Segment>],
    /// The keys of `head` and `tail`, and whether there is one that comes twice.
    pub(crate) kept: KeySet,
    pub(crate) repeats: bool,
    /// Whether all keys are known to differ, so that nobody need look.
    pub(crate) distinct: bool,
}

/// What lazy values are told of the event.
#[derive(Clone, Copy, Default)]
pub(crate) struct About<'a> {
    pub(crate) caller: Option<Caller<'a>>,
    pub(crate) took: Option<Duration>,
}

/// The pairs of the event itself.
#[derive(Clone, Copy)]
pub(crate) enum Call<'a> {
    Pairs(&'a [Field<'a>]),
    /// Pairs that can only be visited, since what they come from lends them one at a time.
    #[cfg_attr(
        not(any(feature = "log", feature = "tracing")),
        expect(dead_code, reason = "only the bridges make these")
    )]
    Visit(&'a dyn Fields),
}

/// Pairs that can only be visited. Every visit gives the same ones in the same order.
pub(crate) trait Fields {
    fn visit(&self, visit: &mut dyn FnMut(&str, Value<'_>));
}

/// A value on its way through [`Record::items`], not evaluated yet.
pub(crate) enum Item<'a> {
    Borrowed(Value<'a>),
    Stored(&'a StoredValue),
}

impl<'a> Record<'a> {
    /// The level, if the event has one.
    #[must_use]
    pub const fn level(&self) -> Option<Level> {
        self.level
    }

    /// Where the event was logged, if that is known.
    #[must_use]
    pub const fn caller(&self) -> Option<Caller<'a>> {
        self.about.caller
    }

    /// Calls `visit` with each pair in its final order, the level first, under the key `level`.
    ///
    /// Lazy values are evaluated as their turn comes, so an event should be visited once. A key may
    /// come twice; the last one counts where only one can.
    pub fn visit(&self, visit: &mut dyn FnMut(&str, Value<'_>)) {
        self.items(&mut |key, item| match item {
            Item::Borrowed(value) => visit(key, value),
            Item::Stored(value) => value.read(self.about, |value| visit(key, value)),
        });
    }

    pub(crate) fn items(&self, visit: &mut dyn FnMut(&str, Item<'_>)) {
        fn segments(segments: &[Arc<Segment>], visit: &mut dyn FnMut(&str, Item<'_>)) {
            for (key, value) in segments.iter().flat_map(|segment| segment.pairs()) {
                visit(key, Item::Stored(value));
            }
        }
        fn pairs(pairs: &[Field<'_>], visit: &mut dyn FnMut(&str, Item<'_>)) {
            for (key, value) in pairs {
                visit(key, Item::Borrowed(*value));
            }
        }
        if let Some(level) = self.level {
            visit("level", Item::Borrowed(Value::Str(level.name())));
        }
        segments(self.head, visit);
        pairs(self.lead, visit);
        segments(self.scope, visit);
        match self.call {
            Call::Pairs(given) => pairs(given, visit),
            Call::Visit(fields) => fields.visit(&mut |key, value| {
                visit(key, Item::Borrowed(value));
            }),
        }
        segments(self.tail, visit);
    }

    /// Whether one of the pairs from the one at `index` on has this key.
    pub(crate) fn has_key_from(&self, index: usize, key: &str) -> bool {
        let mut at = 0;
        let mut found = false;
        self.items(&mut |other, _| {
            found |= at >= index && other == key;
            at += 1;
        });
        found
    }

    /// Whether a key may come twice. Exact enough that events whose keys differ rarely pay for it.
    #[inline]
    pub(crate) fn may_repeat(&self) -> bool {
        if self.repeats {
            return true;
        }
        let mut seen = self.kept;
        if self.level.is_some() && !seen.insert("level") && self.kept_contains("level") {
            return true;
        }
        for (index, segment) in self.scope.iter().enumerate() {
            if segment.repeats()
                || (!seen.is_disjoint(segment.keys()) && self.repeats_before(index, segment))
            {
                return true;
            }
            seen = seen.union(segment.keys());
        }
        for (index, (key, _)) in self.lead.iter().enumerate() {
            if !seen.insert(key) && self.contains_before(key, &self.lead[..index], &[]) {
                return true;
            }
        }
        match self.call {
            Call::Pairs(pairs) => {
                for (index, (key, _)) in pairs.iter().enumerate() {
                    if !seen.insert(key) && self.contains_before(key, self.lead, &pairs[..index]) {
                        return true;
                    }
                }
                false
            }
            Call::Visit(fields) => {
                // They cannot be looked at again without another visit, so what tells them apart is
                // kept. After that many a perhaps is taken for a yes.
                let mut fingerprints = [0; 16];
                let (mut count, mut repeats) = (0, false);
                fields.visit(&mut |key, _| {
                    let known = fingerprints.get(..count);
                    if !seen.insert(key) {
                        repeats |= known.is_none_or(|known| known.contains(&fingerprint(key)))
                            || self.contains_before(key, self.lead, &[]);
                    }
                    if let Some(slot) = fingerprints.get_mut(count) {
                        *slot = fingerprint(key);
                    }
                    count += 1;
                });
                repeats
            }
        }
    }

    /// Whether a key of `segment`, which is the one at `index` in the scope, came before it.
    #[cold]
    fn repeats_before(&self, index: usize, segment: &Segment) -> bool {
        segment.pairs().iter().any(|(key, _)| {
            (self.level.is_some() && key == "level")
                || self.kept_contains(key)
                || self.scope[..index].iter().any(|other| other.contains(key))
        })
    }

    fn kept_contains(&self, key: &str) -> bool {
        let mut kept = self.head.iter().chain(self.tail);
        kept.any(|segment| segment.contains(key))
    }

    #[cold]
    fn contains_before(&self, key: &str, lead: &[Field<'_>], call: &[Field<'_>]) -> bool {
        let here = |pairs: &[Field<'_>]| pairs.iter().any(|(present, _)| *present == key);
        (self.level.is_some() && key == "level")
            || self.kept_contains(key)
            || self.scope.iter().any(|segment| segment.contains(key))
            || here(lead)
            || here(call)
    }
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        self.visit(&mut |key, value| {
            map.entry(&key, &value);
        });
        map.finish()
    }
}
