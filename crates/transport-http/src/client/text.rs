//! What a peer wrote, as text for one line of a log.

/// How much is kept, in characters.
const LIMIT: usize = 1024;

/// `text` without what would break a line or turn its direction, trimmed and cut. What is taken out
/// leaves a space.
pub(super) fn one_line(text: &str) -> String {
    text.trim().chars().take(LIMIT).map(|c| if is_plain(c) { c } else { ' ' }).collect()
}

fn is_plain(c: char) -> bool {
    // The separators of lines and paragraphs, the marks and overrides of direction, and the byte
    // order mark.
    !(c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}'
                | '\u{200e}' | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_on_its_line() {
        for (text, line) in [
            (" plain\n", "plain"),
            ("evil\nlevel=error", "evil level=error"),
            ("a\r\n\tb\0\u{1b}[31m", "a   b  [31m"),
            ("a\u{2028}b\u{202e}c\u{feff}d", "a b c d"),
            ("größer \u{1f600}", "größer \u{1f600}"),
        ] {
            assert_eq!(one_line(text), line);
        }
        assert_eq!(one_line(&"x".repeat(5_000)).len(), LIMIT);
    }

    proptest::proptest! {
        #[test]
        fn whatever_came_is_one_short_line(text in "\\PC{0,40}|(?s).{0,40}") {
            let line = one_line(&text);
            proptest::prop_assert!(!line.chars().any(char::is_control));
            proptest::prop_assert_eq!(one_line(&line), line.trim());
        }
    }
}
