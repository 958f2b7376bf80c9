//! A quick answer to whether a key was there before.

/// A set of keys that may say "perhaps" of a key it does not hold, and never "no" of one it does.
///
/// It is a Bloom filter of one hash, so that an event whose keys all differ, which is nearly every
/// event, is known to be so without comparing each key with each other. It has 256 bits: of eight keys
/// that differ, nine times in ten no two share one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeySet([u64; 4]);

impl KeySet {
    /// Puts `key` in; `false` if it may have been there already.
    #[inline]
    pub(crate) fn insert(&mut self, key: &str) -> bool {
        let number = fingerprint(key) >> 24;
        let word = &mut self.0[(number >> 6) as usize];
        let bit = 1 << (number & 63);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    /// Whether no key of `other` is in this set. `false` means perhaps.
    #[inline]
    pub(crate) const fn is_disjoint(self, other: Self) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        (a & e) | (b & f) | (c & g) | (d & h) == 0
    }

    #[inline]
    pub(crate) const fn union(self, other: Self) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self([a | e, b | f, c | g, d | h])
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
    // Multiplicative hashing (Knuth, TAOCP 6.4): the top bits of the product depend on all of the
    // word. Of the usual multipliers this one, of MurmurHash3, tells most usual keys apart.
    word.wrapping_mul(0xC2B2_AE35)
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
