//! Which characters are escaped, and how.
//!
//! Control characters never reach the output, whatever a peer sends: neither those of ASCII nor
//! those of U+0080 to U+009F, which some terminals obey just the same. Nor do the characters that
//! make a line look like another one to whoever reads it:
//!
//! * those of the property `Bidi_Control` (Unicode Standard Annex 9), by which a peer turns around
//!   the text that follows, as in "Trojan Source" (N. Boucher, R. Anderson, 2021);
//! * U+2028 and U+2029, at which some viewers, and JavaScript, end a line;
//! * U+FEFF, which is not seen and makes two keys or values look the same.

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

/// For each byte, between quotes, in JSON and in logfmt.
const QUOTED: [Class; 256] = {
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
    table[0xD8] = Class::Lead; // U+061C
    table[0xE2] = Class::Lead; // U+200E to U+2069
    table[0xEF] = Class::Lead; // U+FEFF, and U+FFFD
    table
};

/// For each byte, whether a value of logfmt that has it is quoted, or a key must not have it.
const SPECIAL: [Class; 256] = {
    let mut table = QUOTED;
    table[b' ' as usize] = Class::Escape;
    table[b'=' as usize] = Class::Escape;
    table[b'\\' as usize] = Class::Plain;
    table
};

/// The length and number of the character that begins with `bytes`, if it must be escaped.
fn wide(bytes: &[u8], json: bool) -> Option<(usize, u16)> {
    let in_2000 = |page: u8, third: u8| 0x2000 | u16::from(page & 1) << 6 | u16::from(third & 0x3F);
    match *bytes {
        [0xC2, second @ 0x80..=0x9F, ..] => Some((2, u16::from(second))),
        [0xD8, 0x9C, ..] => Some((2, 0x061C)),
        // Two marks; the separators and the five embeddings and overrides; the four isolates.
        [0xE2, page @ 0x80, third @ (0x8E..=0x8F | 0xA8..=0xAE), ..]
        | [0xE2, page @ 0x81, third @ 0xA6..=0xA9, ..] => Some((3, in_2000(page, third))),
        [0xEF, 0xBB, 0xBF, ..] => Some((3, 0xFEFF)),
        // It stands for what was no UTF-8.
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

/// Whether one of eight bytes may be one that a table between quotes is about: a control character,
/// a quote, a backslash, or 0x7F and above.
///
/// The arithmetic is that of "Bit Twiddling Hacks" (S. E. Anderson): most texts are short and clean,
/// and a loop over their bytes would be the dearest thing in a line.
#[inline]
const fn is_special(word: u64) -> bool {
    const ONES: u64 = u64::MAX / 0xFF;
    const HIGH: u64 = ONES << 7;
    // A byte borrows from or carries into its neighbor only if it is itself one of those found.
    // Changing the second bit puts the quote right after the control characters.
    let control_or_quote = (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let delete = word.wrapping_add(ONES);
    (control_or_quote | backslash | delete | word) & HIGH != 0
}

/// The length of the part at the beginning of `bytes` that has nothing special, in steps of eight.
#[inline]
fn clean_steps(bytes: &[u8]) -> usize {
    let chunks = bytes.as_chunks().0.iter();
    8 * chunks.take_while(|chunk| !is_special(u64::from_le_bytes(**chunk))).count()
}

/// Appends `bytes` if none of them is special. `false` if one may be, and nothing is appended.
///
/// Two overlapping pieces of a fixed size cover any length up to twice theirs, and copying a fixed
/// size is a single instruction where copying a length is a call.
#[inline]
fn write_clean(out: &mut Vec<u8>, bytes: &[u8]) -> bool {
    let length = bytes.len();
    if length > 16 {
        let rest = bytes.last_chunk().is_some_and(|last| is_special(u64::from_le_bytes(*last)));
        let clean = !rest && clean_steps(bytes) + 8 > length;
        if clean {
            out.extend_from_slice(bytes);
        }
        clean
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        let clean =
            !is_special(u64::from_le_bytes(*first)) && !is_special(u64::from_le_bytes(*last));
        clean && write_overlapping(out, first, last, length)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let [first_word, last_word] = [first, last].map(|part| u32::from_le_bytes(*part));
        let word = u64::from(first_word) << 32 | u64::from(last_word);
        !is_special(word) && write_overlapping(out, first, last, length)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<2>(), bytes.last_chunk::<2>()) {
        // Filled up with four characters that are not special.
        let word =
            u64::from_be_bytes([b'0', b'0', b'0', b'0', first[0], first[1], last[0], last[1]]);
        !is_special(word) && write_overlapping(out, first, last, length)
    } else {
        let clean =
            bytes.iter().all(|&byte| QUOTED[usize::from(byte)] == Class::Plain && byte < 0x80);
        if clean {
            out.extend(bytes.first());
        }
        clean
    }
}

/// Appends a text of this length that begins with `first` and ends with `last`. Always `true`.
#[inline]
fn write_overlapping<const N: usize>(
    out: &mut Vec<u8>,
    first: &[u8; N],
    last: &[u8; N],
    length: usize,
) -> bool {
    let start = out.len();
    out.extend_from_slice(first);
    out.truncate(start + length - N);
    out.extend_from_slice(last);
    true
}

#[inline]
fn write(out: &mut Vec<u8>, text: &str, json: bool) {
    let bytes = text.as_bytes();
    if !write_clean(out, bytes) {
        write_escaped(out, bytes, json);
    }
}

#[inline(never)]
fn write_escaped(out: &mut Vec<u8>, bytes: &[u8], json: bool) {
    let mut done = 0;
    while let Some((at, length, number)) = find(&QUOTED, bytes, done, json) {
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
    write(out, text, true);
}

/// Writes what stands between the quotes of a logfmt value.
pub(super) fn logfmt(out: &mut Vec<u8>, text: &str) {
    write(out, text, false);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The quick way sees a text in pieces that overlap; the other one sees byte after byte.
    #[test]
    fn whatever_the_length_and_the_place_the_quick_way_misses_nothing() {
        for length in 0..=40 {
            let clean = "abcdefghijklmnopqrstuvwxyz!#[]~ 0123456789"[..length].to_owned();
            let mut out = b"before".to_vec();
            assert!(write_clean(&mut out, clean.as_bytes()), "{clean}");
            assert_eq!(out, format!("before{clean}").as_bytes());

            for at in 0..length {
                for special in (0..0x20).chain([b'"', b'\\', 0x7F, 0x80, 0xC2, 0xFF]) {
                    let mut bytes = clean.clone().into_bytes();
                    bytes[at] = special;
                    let mut out = Vec::new();
                    assert!(!write_clean(&mut out, &bytes), "{special:#x} at {at} of {length}");
                    assert!(out.is_empty());
                }
            }
        }
    }
}
