//! What events and service checks have in common.

use std::{
    fmt::Write,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::push::push_tag;

/// Adds a part whose value is one word to the agent: `|`, control characters and `%` are
/// percent-encoded.
pub(super) fn push_part(line: &mut String, key: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    line.push('|');
    line.push_str(key);
    line.push_str(&one_part(value));
}

pub(super) fn one_part(value: &str) -> String {
    let mut part = String::new();
    for c in value.chars() {
        if c.is_control() || matches!(c, '|' | '%') {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                write!(part, "%{byte:02X}").expect("writing to a String does not fail");
            }
        } else {
            part.push(c);
        }
    }
    part
}

/// Newlines as the agent wants them: a line ends a message.
pub(super) fn one_line(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\\n")
}

/// Adds the tags of all and then its own.
pub(super) fn push_tags(line: &mut String, all: &str, own: &[(String, String)]) {
    let mut tags = all.to_owned();
    for (name, value) in own {
        push_tag(&mut tags, name, value);
    }
    if !tags.is_empty() {
        line.push_str("|#");
        line.push_str(&tags);
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
