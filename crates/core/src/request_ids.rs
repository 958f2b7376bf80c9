//! The identifier of a request: the caller's, or a new one.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::RequestId;

/// The longest identifier taken from a caller. It ends up in every log line of the request.
const LONGEST: usize = 128;

/// Gives every request of a server an identifier, for a transport.
///
/// ```
/// use oxkit_core::RequestIds;
///
/// let ids = RequestIds::new();
/// assert_eq!(ids.identify(Some("7f3a-41")).as_str(), "7f3a-41");
///
/// let made = ids.identify(Some("not for\na line of a log"));
/// assert_eq!(made.as_str().len(), 32);
/// assert_ne!(made, ids.identify(None));
/// ```
///
/// Each that is made is a mixed counter on top of a seed from the operating system, which
/// [`RandomState`] provides without a dependency. They are unique and not secret: whoever knows one
/// may guess others.
#[derive(Debug)]
pub struct RequestIds {
    seed: [u64; 2],
    next: AtomicU64,
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

impl RequestIds {
    /// A source of identifiers with a seed of its own.
    #[must_use]
    pub fn new() -> Self {
        let (a, b) = (RandomState::new(), RandomState::new());
        Self { seed: [a.hash_one(0_u8), b.hash_one(1_u8)], next: AtomicU64::new(0) }
    }

    /// The identifier that the caller sent, if it is visible ASCII of at most 128 bytes, and
    /// otherwise a new one of 32 hexadecimal digits.
    #[must_use]
    pub fn identify(&self, sent: Option<&str>) -> RequestId {
        match sent.filter(|text| is_fit(text)) {
            Some(text) => RequestId::from(text),
            None => RequestId::from(self.make()),
        }
    }

    fn make(&self) -> String {
        // The counter alone must be unique; nothing is ordered by it.
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let [a, b] = self.seed;
        format!("{:016x}{:016x}", mix(a.wrapping_add(n)), mix(b ^ n))
    }
}

fn is_fit(text: &str) -> bool {
    let fits = !text.is_empty() && text.len() <= LONGEST;
    fits && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The finalizer of splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014): a bijection, so two counts never give the same word.
const fn mix(mut word: u64) -> u64 {
    word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_fit_identifier_is_kept_and_any_other_replaced() {
        let ids = RequestIds::new();
        let longest = "x".repeat(LONGEST);
        let too_long = "x".repeat(LONGEST + 1);
        for (sent, kept) in [
            ("7f3a-41", true),
            (&*longest, true),
            (&*too_long, false),
            ("", false),
            ("two words", false),
            ("caf\u{e9}", false),
        ] {
            assert_eq!(ids.identify(Some(sent)).as_str() == sent, kept, "{sent:?}");
        }
    }

    #[test]
    fn new_identifiers_differ_within_a_server_and_between_servers() {
        let servers = [RequestIds::new(), RequestIds::new()];
        let made: HashSet<String> =
            servers.iter().flat_map(|ids| (0..1000).map(|_| ids.make())).collect();
        assert_eq!(made.len(), 2000);
        assert!(made.iter().all(|id| id.len() == 32));
    }
}
