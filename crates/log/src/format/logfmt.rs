//! logfmt: `key=value` pairs with a space between them.

use std::{fmt, sync::OnceLock};

use super::{Encode, InvalidKey, escape, text::write_own, write_plain};
use crate::{Level, Value, scratch, segment::Encoded};

pub(crate) enum Logfmt {}

impl Encode for Logfmt {
    fn pick<'a>(
        logfmt: &'a OnceLock<Result<Encoded, InvalidKey>>,
        _: &'a OnceLock<Result<Encoded, InvalidKey>>,
    ) -> &'a OnceLock<Result<Encoded, InvalidKey>> {
        logfmt
    }

    #[inline]
    fn level(out: &mut Vec<u8>, level: Level) {
        let text: &[u8] = match level {
            Level::Debug => b"level=debug",
            Level::Info => b"level=info",
            Level::Warn => b"level=warn",
            Level::Error => b"level=error",
        };
        out.extend_from_slice(text);
    }

    #[inline]
    fn key(out: &mut Vec<u8>, key: &str) -> Result<(), InvalidKey> {
        out.push(b' ');
        if !escape::logfmt_key(out, key) {
            return Err(InvalidKey);
        }
        out.push(b'=');
        Ok(())
    }

    #[inline]
    fn value(out: &mut Vec<u8>, value: &Value<'_>) {
        match *value {
            Value::Str(text) => write_text(out, text),
            _ if write_plain(out, value) => {}
            Value::Bytes(bytes) => write_text(out, &String::from_utf8_lossy(bytes)),
            _ => own(out, value),
        }
    }

    #[inline]
    fn close(out: &mut Vec<u8>, start: usize) {
        if out.get(start) == Some(&b' ') {
            out.remove(start);
        }
        out.push(b'\n');
    }
}

#[inline]
fn write_text(out: &mut Vec<u8>, text: &str) {
    // The word is quoted where it is a text, so that it is not taken for a missing value.
    if text == "null" || escape::needs_quotes(text) {
        out.push(b'"');
        escape::logfmt(out, text);
        out.push(b'"');
    } else {
        out.extend_from_slice(text.as_bytes());
    }
}

/// Whether to quote is known only once the text is there, so it is written elsewhere first.
fn own(out: &mut Vec<u8>, value: &Value<'_>) {
    scratch::with_text(|text| match write_own(&mut Plain(text), value) {
        Ok(()) => write_text(out, text),
        Err(message) => write_text(out, &format!("PANIC:{message}")),
    });
}

struct Plain<'a>(&'a mut String);

impl fmt::Write for Plain<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.push_str(text);
        Ok(())
    }
}
