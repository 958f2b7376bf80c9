//! The identifiers of traces and spans.

use std::{error::Error, fmt, str::FromStr};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal, $number:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// The identifier of these bytes, the most significant first; `None` if all are zero,
            /// which identifies nothing.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Option<Self> {
                if <$number>::from_ne_bytes(bytes) == 0 { None } else { Some(Self(bytes)) }
            }

            /// Its bytes, the most significant first. At least one is not zero.
            #[must_use]
            pub const fn to_bytes(self) -> [u8; $bytes] {
                self.0
            }

            /// Its lower-case hexadecimal digits, in ASCII.
            #[must_use]
            pub fn to_hex(self) -> [u8; 2 * $bytes] {
                let mut hex = [0; 2 * $bytes];
                for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
                    let digits = [byte >> 4, byte & 15];
                    for (to, digit) in pair.iter_mut().zip(digits) {
                        *to = b"0123456789abcdef"[usize::from(digit)];
                    }
                }
                hex
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let hex = self.to_hex();
                f.pad(str::from_utf8(&hex).expect("hexadecimal digits are ASCII"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            /// Reads all its digits, of either case.
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let text = text.as_bytes();
                if text.len() != 2 * $bytes {
                    return Err(NotAnId);
                }
                let mut bytes = [0; $bytes];
                for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
                    *byte = digit(pair[0])? << 4 | digit(pair[1])?;
                }
                Self::from_bytes(bytes).ok_or(NotAnId)
            }
        }
    };
}

id! {
    /// Which trace: all the work that one request caused, in all services.
    ///
    /// 16 bytes, not all of them zero, as of W3C Trace Context and OpenTelemetry.
    ///
    /// ```
    /// use oxkit_core::TraceId;
    ///
    /// let id: TraceId = "4bf92f3577b34da6a3ce929d0e0e4736".parse()?;
    /// assert_eq!(id.to_bytes()[0], 0x4b);
    /// assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    /// assert_eq!(TraceId::from_bytes([0; 16]), None);
    /// # Ok::<_, oxkit_core::NotAnId>(())
    /// ```
    TraceId, 16, u128
}

id! {
    /// Which span of a trace: one piece of the work.
    ///
    /// 8 bytes, not all of them zero.
    ///
    /// ```
    /// use oxkit_core::SpanId;
    ///
    /// let id: SpanId = "00f067aa0ba902b7".parse()?;
    /// assert_eq!(id.to_string(), "00f067aa0ba902b7");
    /// # Ok::<_, oxkit_core::NotAnId>(())
    /// ```
    SpanId, 8, u64
}

#[inline]
const fn digit(text: u8) -> Result<u8, NotAnId> {
    match text {
        b'0'..=b'9' => Ok(text - b'0'),
        b'a'..=b'f' => Ok(text - b'a' + 10),
        b'A'..=b'F' => Ok(text - b'A' + 10),
        _ => Err(NotAnId),
    }
}

/// The error of parsing a [`TraceId`] or a [`SpanId`]: not as many hexadecimal digits as it takes,
/// or all of them zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identifier; expected 32 or 16 hexadecimal digits, not all zero")
    }
}

impl Error for NotAnId {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_identifier_reads_back_in_either_case(bytes: [u8; 16]) {
            let Some(id) = TraceId::from_bytes(bytes) else { return Ok(()) };
            let text = id.to_string();
            prop_assert_eq!(text.as_bytes(), id.to_hex());
            prop_assert_eq!(text.parse(), Ok(id));
            prop_assert_eq!(text.to_uppercase().parse(), Ok(id));
        }

        #[test]
        fn no_text_makes_parsing_panic(text: String) {
            let _ = (text.parse::<TraceId>(), text.parse::<SpanId>());
        }
    }

    #[test]
    fn what_identifies_nothing_is_refused() {
        for text in
            ["", "0000000000000000", "00f067aa0ba902b", "00f067aa0ba902b7f", "00f067aa0ba902g7"]
        {
            assert_eq!(text.parse::<SpanId>(), Err(NotAnId), "{text:?}");
        }
    }
}
