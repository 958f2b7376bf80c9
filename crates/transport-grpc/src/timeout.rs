//! The `grpc-timeout` header: how long the caller is prepared to wait.
//!
//! The format is that of "gRPC over HTTP2", section "Requests": at most eight digits and a unit.

use std::time::Duration;

/// The name of the header.
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) const HEADER: &str = "grpc-timeout";

/// The most that eight digits can say.
const MAX_DIGITS: usize = 8;
const MAX_VALUE: u128 = 99_999_999;

/// Each unit, the finest first, with its nanoseconds.
const UNITS: [(u8, u128); 6] = [
    (b'n', 1),
    (b'u', 1_000),
    (b'm', 1_000_000),
    (b'S', 1_000_000_000),
    (b'M', 60 * 1_000_000_000),
    (b'H', 3_600 * 1_000_000_000),
];

/// Reads a `grpc-timeout`; `None` if it is not of the form that the protocol gives.
///
/// ```
/// use std::time::Duration;
/// use oxkit_transport_grpc::parse_timeout;
///
/// assert_eq!(parse_timeout(b"250m"), Some(Duration::from_millis(250)));
/// assert_eq!(parse_timeout(b"2S"), Some(Duration::from_secs(2)));
/// assert_eq!(parse_timeout(b"2 seconds"), None);
/// ```
#[must_use]
pub fn parse_timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    let (_, nanos) = UNITS.iter().find(|(name, _)| name == unit)?;
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count = digits.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    // Eight digits of hours are far within `u64` seconds.
    let total = u128::from(count) * nanos;
    let (seconds, rest) = (total / 1_000_000_000, total % 1_000_000_000);
    Some(Duration::new(u64::try_from(seconds).ok()?, u32::try_from(rest).ok()?))
}

/// Writes a `grpc-timeout`, in the finest unit that has room for it.
///
/// What does not fit is rounded up, so that the other side never gives up before this one, and cut
/// at 99,999,999 hours.
///
/// ```
/// use std::time::Duration;
/// use oxkit_transport_grpc::format_timeout;
///
/// assert_eq!(format_timeout(Duration::from_millis(20)), "20000000n");
/// assert_eq!(format_timeout(Duration::from_secs(2)), "2000000u");
/// ```
#[must_use]
pub fn format_timeout(timeout: Duration) -> String {
    let total = timeout.as_nanos();
    UNITS
        .iter()
        .map(|(unit, nanos)| (total.div_ceil(*nanos), char::from(*unit)))
        .find(|(count, _)| *count <= MAX_VALUE)
        .map_or_else(|| format!("{MAX_VALUE}H"), |(count, unit)| format!("{count}{unit}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        for (text, expected) in [
            ("1n", Duration::from_nanos(1)),
            ("1u", Duration::from_micros(1)),
            ("1m", Duration::from_millis(1)),
            ("1S", Duration::from_secs(1)),
            ("1M", Duration::from_secs(60)),
            ("1H", Duration::from_secs(3_600)),
            ("0S", Duration::ZERO),
            ("00000007S", Duration::from_secs(7)),
            ("99999999H", Duration::from_secs(99_999_999 * 3_600)),
        ] {
            assert_eq!(parse_timeout(text.as_bytes()), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_the_protocol_does_not_allow_is_not_read() {
        for text in
            ["", "S", "1", "1s", "1h", "-1S", "+1S", "1.5S", " 1S", "1S ", "123456789n", "1SS"]
        {
            assert_eq!(parse_timeout(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn the_finest_unit_with_room_is_written() {
        for (timeout, expected) in [
            (Duration::ZERO, "0n"),
            (Duration::from_nanos(99_999_999), "99999999n"),
            (Duration::from_nanos(100_000_000), "100000u"),
            (Duration::from_nanos(100_000_001), "100001u"),
            (Duration::from_secs(99), "99000000u"),
            (Duration::from_secs(100), "100000m"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(format_timeout(timeout), expected, "{timeout:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back_as_no_less_and_hardly_more(nanos in 0_u64..u64::MAX) {
            let timeout = Duration::from_nanos(nanos);
            let read = parse_timeout(format_timeout(timeout).as_bytes()).unwrap();
            proptest::prop_assert!(read >= timeout);
            proptest::prop_assert!(read.as_nanos() <= timeout.as_nanos() + timeout.as_nanos() / 900_000 + 1);
        }

        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = parse_timeout(&bytes);
        }
    }
}
