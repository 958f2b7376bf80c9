//! A part of the keys, and who is forgotten when there are too many.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasherDefault, Hasher},
};

use crate::gcra::{Gcra, NotBefore};

/// How many of the keys seen longest ago a new one looks at. With two, the table shrinks while new
/// keys come; more are looked at once it is full.
const LOOKED_AT: usize = 2;
const LOOKED_AT_WHEN_FULL: usize = 8;

/// The words of some keys, each under the hash of its key.
#[derive(Debug)]
pub(super) struct Shard {
    words: HashMap<u64, u64, BuildHasherDefault<AsItIs>>,
    /// The same keys, in the order in which they were looked at last.
    order: VecDeque<u64>,
    max: usize,
    /// The word that all new keys share while there is no room.
    overflow: u64,
}

impl Shard {
    pub(super) fn new(max: usize) -> Self {
        Self { words: HashMap::default(), order: VecDeque::new(), max, overflow: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    pub(super) fn take(&mut self, key: u64, gcra: Gcra, now: u64) -> Result<(), NotBefore> {
        if let Some(word) = self.words.get_mut(&key) {
            return take(word, gcra, now);
        }
        self.forget(now);
        if self.words.len() >= self.max {
            return take(&mut self.overflow, gcra, now);
        }
        let mut word = 0;
        take(&mut word, gcra, now)?;
        self.words.insert(key, word);
        self.order.push_back(key);
        Ok(())
    }

    /// Looks at a few keys, and forgets those whose tokens are all back: a key that comes again
    /// starts with just that.
    fn forget(&mut self, now: u64) {
        let full = self.words.len() >= self.max;
        let looked_at = if full { LOOKED_AT_WHEN_FULL } else { LOOKED_AT };
        for _ in 0..looked_at.min(self.order.len()) {
            let Some(key) = self.order.pop_front() else { return };
            if self.words.get(&key).is_some_and(|&word| word > now) {
                self.order.push_back(key);
            } else {
                self.words.remove(&key);
            }
        }
    }
}

fn take(word: &mut u64, gcra: Gcra, now: u64) -> Result<(), NotBefore> {
    *word = gcra.take(*word, now)?.word;
    Ok(())
}

/// The keys are hashes already.
#[derive(Debug, Default, Clone, Copy)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use proptest::prelude::*;

    use super::*;
    use crate::Quota;

    const MAX: usize = 10;

    fn policy() -> Gcra {
        let two = NonZeroU32::new(2).expect("not zero");
        Gcra::new(Quota::per_second(NonZeroU32::MIN).burst(two))
    }

    proptest! {
        #[test]
        fn what_is_forgotten_changes_no_answer_while_there_is_room(
            calls in prop::collection::vec((0_u64..MAX as u64, 0_u64..900_000_000), 1..300),
        ) {
            let mut shard = Shard::new(MAX);
            let mut all: HashMap<u64, u64> = HashMap::new();
            let mut now = 0;
            for (key, step) in calls {
                now += step;
                let word = all.entry(key).or_default();
                prop_assert_eq!(shard.take(key, policy(), now), take(word, policy(), now));
            }
        }

        #[test]
        fn however_many_keys_there_are_it_holds_no_more_than_it_may(
            calls in prop::collection::vec((any::<u64>(), 0_u64..500_000_000), 1..500),
        ) {
            let mut shard = Shard::new(MAX);
            let mut now = 0;
            for (key, step) in calls {
                now += step;
                let _ = shard.take(key, policy(), now);
                prop_assert!(shard.len() <= MAX);
                prop_assert_eq!(shard.len(), shard.order.len());
            }
        }
    }

    #[test]
    fn when_it_is_full_new_keys_share_one_limit_and_the_known_keep_theirs() {
        let mut shard = Shard::new(MAX);
        for key in 0..MAX as u64 {
            assert_eq!(shard.take(key, policy(), 0), Ok(()));
        }
        let new = (100..200).filter(|&key| shard.take(key, policy(), 0).is_ok()).count();
        assert_eq!(new, 2, "the burst of one limit");
        assert_eq!(shard.take(0, policy(), 0), Ok(()));
        assert_eq!(shard.take(0, policy(), 0), Err(NotBefore(1_000_000_000)));
    }

    #[test]
    fn a_full_table_makes_room_once_its_keys_are_idle() {
        let mut shard = Shard::new(MAX);
        for key in 0..MAX as u64 {
            assert_eq!(shard.take(key, policy(), 0), Ok(()));
        }
        let later = 1_000_000_000;
        for key in 100..100 + MAX as u64 {
            for _ in 0..2 {
                assert_eq!(shard.take(key, policy(), later), Ok(()), "each has its own burst");
            }
        }
    }
}
