//! A quick answer to whether a key was there before.

/// A set of keys that may say "perhaps" of a key it does not hold, and never "no" of one it does.
///
/// It is a Bloom filter of one hash, so that an event whose keys all differ, which is nearly every
/// event, is known to be so without comparing each key with each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeySet(u64);

impl KeySet {
    /// Puts `key` in; `false` if it may have been there already.
    #[inline]
    pub(crate) fn insert(&mut self, key: &str) -> bool {
        let bit = 1 << (fingerprint(key) >> 26);
        let new = self.0 & bit == 0;
        self.0 |= bit;
        new
    }

    /// Whether no key of `other` is in this set. `false` means perhaps.
    #[inline]
    pub(crate) const fn is_disjoint(self, other: Self) -> bool {
        self.0 & other.0 == 0
    }

    #[inline]
    pub(crate) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A number that is the same for the same key, and rarely for two keys of one program.
///
/// Length, first, middle and last byte tell most of them apart, and take no loop.
#[inline]
pub(crate) fn fingerprint(key: &str) -> u32 {
    let bytes = key.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return 0;
    };
    let middle = bytes[bytes.len() / 2];
    let word = (bytes.len() as u32)
        ^ (u32::from(first) << 8)
        ^ (u32::from(middle) << 16)
        ^ (u32::from(last) << 24);
    // Fibonacci hashing (Knuth, TAOCP 6.4): the top bits of the product depend on all of the word.
    word.wrapping_mul(0x9E37_79B9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_that_is_there_is_never_denied(keys in prop::collection::vec(".{0,9}", 1..40)) {
            let mut set = KeySet::default();
            for key in &keys {
                set.insert(key);
            }
            for key in &keys {
                prop_assert!(!set.clone().insert(key));
                let mut one = KeySet::default();
                one.insert(key);
                prop_assert!(!set.is_disjoint(one));
            }
        }
    }
}
