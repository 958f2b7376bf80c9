//! A bounded map that forgets what was not used lately. Pure.

use std::{collections::HashMap, hash::Hash};

/// A map of at most so many entries.
///
/// When it is full, room is made by the clock algorithm (Corbató, 1968): a hand goes round, passes
/// over what was used since it last came by, and takes the first that was not. It also passes over
/// what is to be kept, but not for ever.
#[derive(Debug)]
pub(super) struct Slots<K, V> {
    index: HashMap<K, usize>,
    slots: Vec<Slot<K, V>>,
    hand: usize,
    most: usize,
}

#[derive(Debug)]
struct Slot<K, V> {
    key: K,
    value: V,
    used: bool,
}

/// After so many steps the hand takes what it is at: whoever floods the map with keys does not
/// make each call go through all of it.
const MOST_STEPS: usize = 64;

impl<K: Hash + Eq + Clone, V> Slots<K, V> {
    pub(super) fn new(most: usize) -> Self {
        Self { index: HashMap::new(), slots: Vec::new(), hand: 0, most: most.max(1) }
    }

    pub(super) const fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.index.get(key).map(|&at| &self.slots[at].value)
    }

    /// The value of `key`; if there is none, `make` makes it. What `keep` is true for is forgotten
    /// last.
    pub(super) fn get_or_insert(
        &mut self,
        key: &K,
        make: impl FnOnce() -> V,
        keep: impl Fn(&V) -> bool,
    ) -> &V {
        let at = match self.index.get(key) {
            Some(&at) => at,
            None => self.insert(key.clone(), make(), keep),
        };
        let slot = &mut self.slots[at];
        slot.used = true;
        &slot.value
    }

    fn insert(&mut self, key: K, value: V, keep: impl Fn(&V) -> bool) -> usize {
        let slot = Slot { key: key.clone(), value, used: true };
        let at = if self.slots.len() < self.most {
            self.slots.push(slot);
            self.slots.len() - 1
        } else {
            let at = self.free(keep);
            self.index.remove(&self.slots[at].key);
            self.slots[at] = slot;
            at
        };
        self.index.insert(key, at);
        at
    }

    fn free(&mut self, keep: impl Fn(&V) -> bool) -> usize {
        for _ in 0..MOST_STEPS.min(2 * self.slots.len()) {
            let slot = &mut self.slots[self.hand];
            let used = std::mem::take(&mut slot.used);
            if !used && !keep(&slot.value) {
                break;
            }
            self.hand = (self.hand + 1) % self.slots.len();
        }
        let at = self.hand;
        self.hand = (at + 1) % self.slots.len();
        at
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    fn touch(slots: &mut Slots<u8, u8>, key: u8) -> bool {
        let made = Cell::new(false);
        slots.get_or_insert(
            &key,
            || {
                made.set(true);
                key
            },
            |_| false,
        );
        made.get()
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_it_may_and_always_the_last(
            most in 0_usize..20,
            keys in prop::collection::vec((any::<u8>(), any::<bool>()), 0..500),
        ) {
            let mut slots = Slots::new(most);
            for (key, keep) in keys {
                let value = *slots.get_or_insert(&key, || key, |_| keep);
                prop_assert_eq!(value, key);
                prop_assert_eq!(slots.get(&key), Some(&key));
                prop_assert!(slots.len() <= most.max(1));
                prop_assert_eq!(slots.index.len(), slots.len());
                prop_assert!(slots.index.iter().all(|(key, &at)| slots.slots[at].key == *key));
            }
        }
    }

    #[test]
    fn what_was_not_used_lately_goes_first() {
        let mut slots = Slots::new(3);
        for key in [1, 2, 3, 4] {
            assert!(touch(&mut slots, key));
        }
        // All were new, so the first went. Of the others, 2 is used and 3 is not.
        assert!(!touch(&mut slots, 2));
        assert!(touch(&mut slots, 5));
        assert!(!touch(&mut slots, 2));
        assert!(slots.get(&3).is_none());
    }

    #[test]
    fn what_is_to_be_kept_goes_last() {
        let mut slots = Slots::new(4);
        for key in 0..100 {
            slots.get_or_insert(&key, || key, |&value| value < 3);
        }
        for key in 0..3 {
            assert!(slots.get(&key).is_some(), "{key}");
        }
        // Nothing else is there to go.
        for key in 100..200 {
            slots.get_or_insert(&key, || key, |_| true);
            assert_eq!(slots.len(), 4);
        }
    }
}
