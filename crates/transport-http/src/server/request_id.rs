//! The identifier of a request: the caller's, or a new one.

use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering},
};

use http::{HeaderMap, HeaderValue};
use oxkit_core::RequestId;

use crate::REQUEST_ID_HEADER;

/// The longest identifier taken from a caller. It ends up in every log line of the request.
const LONGEST: usize = 128;

/// Makes identifiers of 128 bits, as 32 hexadecimal digits.
///
/// Each is a mixed counter on top of a seed from the operating system, which
/// [`RandomState`] provides without a dependency. They are unique and not secret: whoever knows one
/// may guess others.
#[derive(Debug)]
pub(super) struct RequestIds {
    seed: [u64; 2],
    next: AtomicU64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        let (a, b) = (RandomState::new(), RandomState::new());
        Self { seed: [a.hash_one(0_u8), b.hash_one(1_u8)], next: AtomicU64::new(0) }
    }

    /// The identifier the caller sent if it is fit to be logged and sent on, otherwise a new one;
    /// and the header that tells the caller.
    pub(super) fn identify(&self, headers: &HeaderMap) -> (RequestId, HeaderValue) {
        if let Some(value) = headers.get(REQUEST_ID_HEADER)
            && let Some(text) = fit(value)
        {
            return (RequestId::from(text), value.clone());
        }
        let text = self.make();
        let value = HeaderValue::from_str(&text).expect("hexadecimal digits are visible ASCII");
        (RequestId::from(text), value)
    }

    fn make(&self) -> String {
        // The counter alone must be unique; nothing is ordered by it.
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        let [a, b] = self.seed;
        format!("{:016x}{:016x}", mix(a.wrapping_add(n)), mix(b ^ n))
    }
}

fn fit(value: &HeaderValue) -> Option<&str> {
    let text = value.to_str().ok()?;
    let fits = !text.is_empty() && text.len() <= LONGEST;
    (fits && text.bytes().all(|byte| byte.is_ascii_graphic())).then_some(text)
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
        let check = |sent: &[u8], kept: bool| {
            let value = HeaderValue::from_bytes(sent).unwrap();
            let headers = HeaderMap::from_iter([(REQUEST_ID_HEADER, value.clone())]);
            let (id, told) = ids.identify(&headers);
            assert_eq!(told.as_bytes(), id.as_str().as_bytes());
            assert_eq!(told == value, kept, "{sent:?}");
        };
        check(b"7f3a-41", true);
        check(longest.as_bytes(), true);
        check(too_long.as_bytes(), false);
        check(b"", false);
        check(b"two words", false);
        check(b"caf\xc3\xa9", false);
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
