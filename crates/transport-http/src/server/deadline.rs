//! How long a request may take: the server's own limit, or less if the caller says so.

use std::time::{Duration, Instant};

use http::{HeaderMap, HeaderName};

use crate::TIMEOUT_HEADER;

/// In one place, as each use of the constant makes it anew.
static TIMEOUT: HeaderName = TIMEOUT_HEADER;

/// What a caller may ask for at most. It only matters where the server has no limit of its own,
/// and keeps sums of instants far from their end.
const MAX_ASKED: Duration = Duration::from_secs(24 * 60 * 60);

/// The earlier of the server's limit and what the caller asks for in [`TIMEOUT_HEADER`](crate::TIMEOUT_HEADER).
///
/// A value that is not a whole number is ignored: the header is advice, and foreign software may
/// use the name for something else.
#[inline]
pub(super) fn deadline(
    arrival: Instant,
    own: Option<Duration>,
    headers: &HeaderMap,
) -> Option<Instant> {
    // Looked through, as hashing a name of this length costs more than telling it from the few
    // names there are, most of which are not even of its sort.
    let asked = if headers.keys().any(|name| *name == TIMEOUT) {
        headers.get(&TIMEOUT).and_then(|value| milliseconds(value.as_bytes()))
    } else {
        None
    };
    let limit = match (own, asked) {
        (Some(own), Some(asked)) => own.min(asked),
        (own, asked) => own.or(asked)?,
    };
    arrival.checked_add(limit)
}

fn milliseconds(digits: &[u8]) -> Option<Duration> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let millis = digits
        .iter()
        .fold(0_u64, |sum, digit| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(Duration::from_millis(millis).min(MAX_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_numbers_count_and_absurd_ones_are_cut() {
        let ms = Duration::from_millis;
        for (text, expected) in [
            ("0", Some(ms(0))),
            ("250", Some(ms(250))),
            ("00250", Some(ms(250))),
            ("86400001", Some(MAX_ASKED)),
            ("99999999999999999999999999", Some(MAX_ASKED)),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1s", None),
            (" 1", None),
        ] {
            assert_eq!(milliseconds(text.as_bytes()), expected, "{text:?}");
        }
    }

    #[test]
    fn the_earlier_limit_wins() {
        let now = Instant::now();
        let asks = |text| HeaderMap::from_iter([(TIMEOUT_HEADER, text)]);
        let at = |own: Option<u64>, headers| {
            deadline(now, own.map(Duration::from_millis), &headers).map(|at| (at - now).as_millis())
        };
        let value = http::HeaderValue::from_static;
        assert_eq!(at(Some(100), asks(value("50"))), Some(50));
        assert_eq!(at(Some(100), asks(value("500"))), Some(100));
        assert_eq!(at(Some(100), asks(value("soon"))), Some(100));
        assert_eq!(at(None, asks(value("50"))), Some(50));
        assert_eq!(at(Some(100), HeaderMap::new()), Some(100));
        assert_eq!(at(None, HeaderMap::new()), None);
    }

    proptest::proptest! {
        #[test]
        fn no_value_panics_or_lasts_longer_than_the_cut(bytes: Vec<u8>) {
            if let Some(asked) = milliseconds(&bytes) {
                proptest::prop_assert!(asked <= MAX_ASKED);
            }
        }
    }
}
