//! From a record to the bytes of a line.

mod escape;
mod json;
mod line;
mod logfmt;
pub(crate) mod number;
mod text;

use std::{error::Error, fmt, io, sync::OnceLock};

use crate::{Level, Value, segment::Encoded};

pub(crate) use json::Json;
pub(crate) use line::encode;
pub(crate) use logfmt::Logfmt;
pub(crate) use text::to_text;

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `key=value` pairs with a space between them: <https://brandur.org/logfmt>.
    Logfmt,
    /// One JSON object.
    Json,
}

/// What becomes of a key that an event has twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Duplicates {
    /// The pair that comes last is written, in its place; the earlier ones are left out, and not
    /// evaluated where they are lazy. The default of JSON, where an object has each key once.
    LastWins,
    /// Every pair is written. The default of logfmt.
    KeepAll,
}

/// One of the two formats, for code that is compiled once for each.
pub(crate) trait Encode {
    /// The one of the two that belongs to this format.
    fn pick<'a>(
        logfmt: &'a OnceLock<Result<Encoded, InvalidKey>>,
        json: &'a OnceLock<Result<Encoded, InvalidKey>>,
    ) -> &'a OnceLock<Result<Encoded, InvalidKey>>;

    /// The level, as the first thing in a line.
    fn level(out: &mut Vec<u8>, level: Level);

    /// What separates pairs, the key, and what stands between it and the value.
    fn key(out: &mut Vec<u8>, key: &str) -> Result<(), InvalidKey>;

    fn value(out: &mut Vec<u8>, value: &Value<'_>);

    /// Ends the line that begins at `start`, where the first pair has a separator too many unless
    /// it is the level.
    fn close(out: &mut Vec<u8>, start: usize);
}

/// The value as plain text, if its kind never needs quoting, such as a number.
#[inline]
pub(crate) fn write_plain(out: &mut Vec<u8>, value: &Value<'_>) -> bool {
    match *value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::I64(value) => number::write_i64(out, value),
        Value::U64(value) => number::write_u64(out, value),
        Value::F32(value) => number::write_f32(out, value),
        Value::F64(value) => number::write_f64(out, value),
        Value::Duration(value) => number::write_duration(out, value),
        Value::Time(value) => crate::time::write_rfc3339(out, value),
        _ => return false,
    }
    true
}

/// The error of a key that has no character logfmt can write.
///
/// It is inside the [`io::Error`] that [`Sink::log`](crate::Sink::log) gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid key")
    }
}

impl Error for InvalidKey {}

impl From<InvalidKey> for io::Error {
    fn from(invalid: InvalidKey) -> Self {
        Self::new(io::ErrorKind::InvalidInput, invalid)
    }
}
