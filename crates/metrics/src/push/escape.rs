//! Text in places where not every character can stand.

use std::fmt::Write;

/// Adds `text` to `out`, each byte that is not to be kept as `%` and two digits.
pub(crate) fn percent(out: &mut String, text: &str, keep: impl Fn(u8) -> bool) {
    for byte in text.bytes() {
        // Not ASCII, it would be a part of a character.
        if byte.is_ascii() && byte != b'%' && keep(byte) {
            out.push(byte.into());
        } else {
            write!(out, "%{byte:02X}").expect("writing to a String does not fail");
        }
    }
}

/// Adds a label's value as a part of a name that has dots between its parts: no two values become
/// the same.
#[cfg(any(feature = "graphite", feature = "statsd"))]
pub(crate) fn path_part(name: &mut String, value: &str) {
    if value.is_empty() {
        name.push_str("_e");
    }
    for byte in value.bytes() {
        match byte {
            b'_' => name.push_str("__"),
            b if b.is_ascii_alphanumeric() || b == b'-' => name.push(b.into()),
            b => write!(name, "_{b:02x}").expect("writing to a String does not fail"),
        }
    }
}

/// As a value in the query of a URL.
#[cfg(feature = "push-http")]
pub(crate) fn query(out: &mut String, text: &str) {
    percent(out, text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
}
