//! JSON: one object a line.

use std::{fmt, sync::OnceLock};

use super::{Encode, InvalidKey, escape, number::write_duration, text::write_own, write_plain};
use crate::{Level, Value, segment::Encoded, time::write_rfc3339};

pub(crate) enum Json {}

impl Encode for Json {
    fn pick<'a>(
        _: &'a OnceLock<Result<Encoded, InvalidKey>>,
        json: &'a OnceLock<Result<Encoded, InvalidKey>>,
    ) -> &'a OnceLock<Result<Encoded, InvalidKey>> {
        json
    }

    #[inline]
    fn level(out: &mut Vec<u8>, level: Level) {
        let text: &[u8] = match level {
            Level::Debug => br#"{"level":"debug""#,
            Level::Info => br#"{"level":"info""#,
            Level::Warn => br#"{"level":"warn""#,
            Level::Error => br#"{"level":"error""#,
        };
        out.extend_from_slice(text);
    }

    #[inline]
    fn key(out: &mut Vec<u8>, key: &str) -> Result<(), InvalidKey> {
        out.extend_from_slice(b",\"");
        escape::json(out, key);
        out.extend_from_slice(b"\":");
        Ok(())
    }

    #[inline]
    fn value(out: &mut Vec<u8>, value: &Value<'_>) {
        match *value {
            Value::Str(text) => {
                out.push(b'"');
                escape::json(out, text);
                out.push(b'"');
            }
            Value::Time(time) => quoted(out, |out| write_rfc3339(out, time)),
            Value::Duration(time) => quoted(out, |out| write_duration(out, time)),
            Value::Null | Value::Bool(_) | Value::I64(_) | Value::U64(_) => {
                write_plain(out, value);
            }
            _ => other(out, value),
        }
    }

    #[inline]
    fn close(out: &mut Vec<u8>, start: usize) {
        match out.get_mut(start) {
            // The separator of the first pair, or the brace itself.
            Some(first) => *first = b'{',
            None => out.push(b'{'),
        }
        out.extend_from_slice(b"}\n");
    }
}

/// What needs quotes and no escapes.
#[inline]
fn quoted(out: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    write(out);
    out.push(b'"');
}

#[inline(never)]
fn other(out: &mut Vec<u8>, value: &Value<'_>) {
    match *value {
        Value::F64(number) if number.is_finite() => {
            write_plain(out, value);
        }
        Value::F32(number) if number.is_finite() => {
            write_plain(out, value);
        }
        Value::Bytes(bytes) => {
            out.push(b'"');
            for chunk in bytes.utf8_chunks() {
                escape::json(out, chunk.valid());
                if !chunk.invalid().is_empty() {
                    out.extend_from_slice(br"\ufffd");
                }
            }
            out.push(b'"');
        }
        _ => {
            out.push(b'"');
            if !write_plain(out, value) {
                own(out, value);
            }
            out.push(b'"');
        }
    }
}

fn own(out: &mut Vec<u8>, value: &Value<'_>) {
    let start = out.len();
    if let Err(message) = write_own(&mut Escaped(out), value) {
        out.truncate(start);
        // The words Go kit uses, which people search their logs for.
        let method: &[u8] = match value {
            Value::Error(_) => b"PANIC in Error method: ",
            _ => b"PANIC in String method: ",
        };
        out.extend_from_slice(method);
        escape::json(out, &message);
    }
}

/// Escapes what is written through it.
struct Escaped<'a>(&'a mut Vec<u8>);

impl fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape::json(self.0, text);
        Ok(())
    }
}
