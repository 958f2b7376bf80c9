//! The `tracestate` header: what is passed on of it.

use std::sync::Arc;

use crate::Carrier;

/// The recommendation's bound on members.
const MEMBERS: usize = 32;
/// What everybody has to pass on at least, and we at most.
const LONGEST: usize = 512;
/// Members longer than this go first.
const LONG: usize = 128;
/// Read no further than this: all of it has to be well-formed, and a peer may have sent a lot.
const READ: usize = 8 * 1024;

/// The members of all headers of this name, if they are well-formed and there are any.
pub(super) fn read(carrier: &dyn Carrier, name: &str) -> Option<Arc<str>> {
    let mut members = Members { text: String::new(), count: 0, read: 0, is_valid: true };
    carrier.each(name, &mut |value| members.add(value));
    members.finish()
}

struct Members {
    text: String,
    count: usize,
    read: usize,
    is_valid: bool,
}

impl Members {
    fn add(&mut self, header: &str) {
        self.read = self.read.saturating_add(header.len());
        self.is_valid &= self.read <= READ;
        if !self.is_valid {
            return;
        }
        for member in header.split(',') {
            let member = member.trim_matches([' ', '\t']);
            // Empty members are allowed and say nothing.
            if member.is_empty() {
                continue;
            }
            self.count += 1;
            if self.count > MEMBERS || !is_member(member) {
                self.is_valid = false;
                return;
            }
            if !self.text.is_empty() {
                self.text.push(',');
            }
            self.text.push_str(member);
        }
    }

    fn finish(self) -> Option<Arc<str>> {
        if !self.is_valid || self.text.is_empty() {
            return None;
        }
        if self.text.len() <= LONGEST {
            return Some(self.text.into());
        }
        Some(shortened(&self.text).into()).filter(|text: &Arc<str>| !text.is_empty())
    }
}

/// Leaves out long members, the last ones first, until it fits; then whatever is at the end.
fn shortened(text: &str) -> String {
    let mut members: Vec<&str> = text.split(',').collect();
    let mut length = text.len();
    let mut is_too_long = |members: &mut Vec<&str>, which: usize| {
        // The last one left has no comma.
        length = length.saturating_sub(members.remove(which).len() + 1);
        length > LONGEST
    };
    while let Some(long) = members.iter().rposition(|member| member.len() > LONG) {
        if !is_too_long(&mut members, long) {
            return members.join(",");
        }
    }
    while let Some(last) = members.len().checked_sub(1) {
        if !is_too_long(&mut members, last) {
            break;
        }
    }
    members.join(",")
}

/// Whether this is `key=value`, by the grammar of level 2 of the recommendation, which allows all
/// that level 1 does.
fn is_member(text: &str) -> bool {
    text.split_once('=').is_some_and(|(key, value)| is_key(key.as_bytes()) && is_value(value))
}

fn is_key(key: &[u8]) -> bool {
    let first = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let rest = |byte: &u8| first(byte) || b"_-*/@".contains(byte);
    key.len() <= 256 && key.first().is_some_and(first) && key.iter().all(rest)
}

fn is_value(value: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b' '..=b'~') && byte != b',' && byte != b'=';
    !value.is_empty() && value.len() <= 256 && value.bytes().all(fits)
}
