//! Which characters are escaped, and how.
//!
//! Control characters never reach the output, whatever a peer sends: neither those of ASCII nor
//! those of U+0080 to U+009F, which some terminals obey just the same.

/// What to do about a byte of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Plain,
    /// An escape of its own.
    Escape,
    /// Begins a character that may need an escape.
    Lead,
}

/// For each byte, in JSON strings.
const JSON: [Class; 256] = {
    let mut table = quoted();
    table[0xE2] = Class::Lead; // U+2028 and U+2029, which end a line in JavaScript
    table
};

/// For each byte, between the quotes of logfmt.
const LOGFMT: [Class; 256] = {
    let mut table = quoted();
    table[0xEF] = Class::Lead; // U+FFFD, which stands for what was no UTF-8
    table
};

const fn quoted() -> [Class; 256] {
    let mut table = [Class::Plain; 256];
    let mut byte = 0;
    while byte < 0x20 {
        table[byte] = Class::Escape;
        byte += 1;
    }
    table[0x7F] = Class::Escape;
    table[b'"' as usize] = Class::Escape;
    table[b'\\' as usize] = Class::Escape;
    table[0xC2] = Class::Lead; // U+0080 to U+009F
    table
}

/// For each byte, whether a value of logfmt that has it is quoted, or a key must not have it.
const SPECIAL: [Class; 256] = {
    let mut table = LOGFMT;
    table[b' ' as usize] = Class::Escape;
    table[b'=' as usize] = Class::Escape;
    table[b'\\' as usize] = Class::Plain;
    table
};

/// The length and number of the character that begins with `bytes`, if it must be escaped.
fn wide(bytes: &[u8], json: bool) -> Option<(usize, u16)> {
    match *bytes {
        [0xC2, second @ 0x80..=0x9F, ..] => Some((2, u16::from(second))),
        [0xE2, 0x80, third @ 0xA8..=0xA9, ..] if json => {
            Some((3, 0x2000 | u16::from(third - 0x80)))
        }
        [0xEF, 0xBF, 0xBD, ..] if !json => Some((3, 0xFFFD)),
        _ => None,
    }
}

/// The first character at or after `from` that `table` is about: where it is, how long, its number.
#[inline]
fn find(
    table: &[Class; 256],
    bytes: &[u8],
    from: usize,
    json: bool,
) -> Option<(usize, usize, u16)> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| table[usize::from(byte)] != Class::Plain)?;
        let byte = bytes[at];
        if table[usize::from(byte)] == Class::Escape {
            return Some((at, 1, u16::from(byte)));
        }
        if let Some((length, number)) = wide(&bytes[at..], json) {
            return Some((at, length, number));
        }
        at += 1;
    }
}

#[inline]
fn write(table: &[Class; 256], out: &mut Vec<u8>, text: &str, json: bool) {
    let bytes = text.as_bytes();
    let mut done = 0;
    while let Some((at, length, number)) = find(table, bytes, done, json) {
        out.extend_from_slice(&bytes[done..at]);
        write_escape(out, number);
        done = at + length;
    }
    out.extend_from_slice(&bytes[done..]);
}

#[cold]
fn write_escape(out: &mut Vec<u8>, number: u16) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match number {
        0x0A => b'n',
        0x0D => b'r',
        0x09 => b't',
        0x22 => b'"',
        0x5C => b'\\',
        _ => {
            let digit = |shift: u32| HEX[usize::from((number >> shift) & 0xF)];
            out.extend_from_slice(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Writes what stands between the quotes of a JSON string.
#[inline]
pub(super) fn json(out: &mut Vec<u8>, text: &str) {
    write(&JSON, out, text, true);
}

/// Writes what stands between the quotes of a logfmt value.
pub(super) fn logfmt(out: &mut Vec<u8>, text: &str) {
    write(&LOGFMT, out, text, false);
}

/// Whether a logfmt value must be quoted.
#[inline]
pub(super) fn needs_quotes(text: &str) -> bool {
    find(&SPECIAL, text.as_bytes(), 0, false).is_some()
}

/// Writes a logfmt key: what would end or quote it is left out. `false` if nothing was left.
#[inline]
pub(super) fn logfmt_key(out: &mut Vec<u8>, key: &str) -> bool {
    let bytes = key.as_bytes();
    let before = out.len();
    let mut done = 0;
    while let Some((at, length, _)) = find(&SPECIAL, bytes, done, false) {
        out.extend_from_slice(&bytes[done..at]);
        done = at + length;
    }
    out.extend_from_slice(&bytes[done..]);
    out.len() > before
}
