//! Reading and writing short texts without allocating.

use std::str::{self, FromStr};

use oxkit_core::{NotAnId, SpanId, TraceId};

/// A text of at most `N` bytes of ASCII, on the stack.
pub(super) struct Buffer<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Buffer<N> {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; N], length: 0 }
    }

    /// Adds some ASCII. What there is no room for is left out.
    pub(super) fn push(&mut self, text: &[u8]) -> &mut Self {
        let end = self.length + text.len();
        debug_assert!(end <= N, "a text of fixed length fits into a buffer of it");
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(text);
            self.length = end;
        }
        self
    }

    pub(super) fn as_str(&self) -> &str {
        str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

/// An identifier that may lack zeros in front.
pub(super) fn padded_id<T: Padded>(text: &str) -> Option<T> {
    let missing = T::DIGITS.checked_sub(text.len())?;
    let mut digits = [b'0'; 32];
    digits[missing..T::DIGITS].copy_from_slice(text.as_bytes());
    if text.is_empty() {
        return None;
    }
    str::from_utf8(&digits[..T::DIGITS]).ok()?.parse().ok()
}

/// An identifier of so many digits.
pub(super) trait Padded: FromStr<Err = NotAnId> {
    const DIGITS: usize;
}

impl Padded for TraceId {
    const DIGITS: usize = 32;
}

impl Padded for SpanId {
    const DIGITS: usize = 16;
}
