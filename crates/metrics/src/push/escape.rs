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

/// Adds a tag to a list of Datadog's: `%`, `,`, `|`, `#` and control characters are
/// percent-encoded. One without a name is none, as nothing could be asked of it.
#[cfg(feature = "statsd")]
pub(crate) fn push_tag(tags: &mut String, name: &str, value: &str) {
    if name.is_empty() {
        return;
    }
    if !tags.is_empty() {
        tags.push(',');
    }
    for (text, end) in [(name, ":"), (value, "")] {
        for c in text.chars() {
            if c.is_control() || matches!(c, '%' | ',' | '|' | '#') {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    write!(tags, "%{byte:02X}").expect("writing to a String does not fail");
                }
            } else {
                tags.push(c);
            }
        }
        tags.push_str(end);
    }
}

/// As a value in the query of a URL.
#[cfg(feature = "push-http")]
pub(crate) fn query(out: &mut String, text: &str) {
    percent(out, text, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
}
