//! Timestamps.

use std::{cell::Cell, error::Error, fmt, time::SystemTime};

use jiff::{Timestamp, Zoned, tz::TimeZone};

use crate::{Lazy, Value, format::number};

/// The time of the event in UTC: RFC 3339 with nanoseconds, trailing zeros trimmed, such as
/// `2026-11-22T15:04:05.123456789Z`.
///
/// ```
/// use oxkit_log::{Lines, Logger, SyncWriter, info, timestamp_utc};
///
/// let output = SyncWriter::new(Vec::new());
/// let logger = Logger::new(Lines::logfmt(output.clone())).with("ts", timestamp_utc());
/// info!(logger, "here");
/// let line = String::from_utf8(output.lock().clone()).unwrap();
/// assert!(line.starts_with("level=info ts=20") && line.ends_with("Z msg=here\n"), "{line}");
/// ```
#[must_use]
pub const fn timestamp_utc() -> Lazy {
    Lazy::now()
}

/// The time of the event in the zone of this system, which is looked up now: RFC 3339 with
/// nanoseconds, trailing zeros trimmed, such as `2026-11-22T16:04:05.5+01:00`.
///
/// Takes several times as long as [`timestamp_utc`].
#[must_use]
pub fn timestamp_local() -> Lazy {
    let zone = TimeZone::system();
    let utc = zone == TimeZone::UTC;
    zoned(zone, if utc { UTC } else { OFFSET }.to_owned())
}

const UTC: &str = "%Y-%m-%dT%H:%M:%S%.fZ";
const OFFSET: &str = "%Y-%m-%dT%H:%M:%S%.f%:z";

/// The time of the event in the zone of this system, in a format of your own.
///
/// The conversions are those of `strftime` as [`jiff`](https://docs.rs/jiff/0.2/jiff/fmt/strtime)
/// knows them.
///
/// # Errors
///
/// When there is a conversion it does not know.
///
/// ```
/// use oxkit_log::timestamp_format;
///
/// assert!(timestamp_format("%H:%M:%S%.3f").is_ok());
/// assert!(timestamp_format("%@").is_err());
/// ```
pub fn timestamp_format(format: impl Into<String>) -> Result<Lazy, InvalidTimeFormat> {
    let format = format.into();
    match jiff::fmt::strtime::format(&format, &Zoned::now()) {
        Ok(_) => Ok(zoned(TimeZone::system(), format)),
        Err(source) => Err(InvalidTimeFormat { format, source }),
    }
}

fn zoned(zone: TimeZone, format: String) -> Lazy {
    Lazy::read(move |read| {
        let now = Timestamp::now().to_zoned(zone.clone());
        read(Value::Display(&now.strftime(&format)));
    })
}

/// The error of a time format with a conversion that does not exist.
#[derive(Debug)]
pub struct InvalidTimeFormat {
    format: String,
    source: jiff::Error,
}

impl fmt::Display for InvalidTimeFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid time format {:?}", self.format)
    }
}

impl Error for InvalidTimeFormat {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

/// A second and its text, as far as the seconds go.
#[derive(Clone, Copy)]
struct Second {
    since_epoch: u64,
    text: [u8; LENGTH],
}

const LENGTH: usize = "2026-11-22T15:04:05".len();

thread_local! {
    /// Working out the date takes longer than all the rest of a line, and most lines share their
    /// second with the one before.
    static LAST: Cell<Option<Second>> = const { Cell::new(None) };
}

/// Writes a time as RFC 3339 in UTC, the fraction of the second without trailing zeros.
pub(crate) fn write_rfc3339(out: &mut Vec<u8>, time: SystemTime) {
    let Ok(since) = time.duration_since(SystemTime::UNIX_EPOCH) else {
        return write_any(out, time);
    };
    let secs = since.as_secs();
    let last = LAST.try_with(Cell::get).unwrap_or_default();
    match last.filter(|last| last.since_epoch == secs) {
        Some(last) => out.extend_from_slice(&last.text),
        None => {
            let start = out.len();
            let Some(second) =
                i64::try_from(secs).ok().and_then(|secs| Timestamp::from_second(secs).ok())
            else {
                return write_any(out, time);
            };
            write_jiff(out, second);
            // The fraction comes in between.
            out.truncate(start + LENGTH);
            if let Ok(text) = out[start..].try_into() {
                let second = Second { since_epoch: secs, text };
                let _ = LAST.try_with(|last| last.set(Some(second)));
            }
        }
    }
    number::write_fraction(out, since.subsec_nanos());
    out.push(b'Z');
}

/// Times before 1970, and those after the year 9999, which RFC 3339 cannot say: they are written as
/// seconds since 1970.
#[cold]
fn write_any(out: &mut Vec<u8>, time: SystemTime) {
    match Timestamp::try_from(time) {
        Ok(time) => write_jiff(out, time),
        Err(_) => {
            let secs =
                time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
            number::write_u64(out, secs);
        }
    }
}

fn write_jiff(out: &mut Vec<u8>, time: Timestamp) {
    use std::io::Write;
    // Writing to a `Vec` does not fail.
    let _ = write!(out, "{time}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn text(time: SystemTime) -> String {
        let mut out = Vec::new();
        write_rfc3339(&mut out, time);
        String::from_utf8(out).unwrap()
    }

    fn at(secs: u64, nanos: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::new(secs, nanos)
    }

    #[test]
    fn trailing_zeros_of_the_fraction_are_trimmed() {
        let cases = [
            (0, 0, "1970-01-01T00:00:00Z"),
            (1_609_459_199, 500_000_000, "2020-12-31T23:59:59.5Z"),
            (1_609_459_200, 1, "2021-01-01T00:00:00.000000001Z"),
            (951_782_400, 120_000_000, "2000-02-29T00:00:00.12Z"),
            (253_402_207_200, 0, "9999-12-30T22:00:00Z"),
        ];
        for (secs, nanos, expected) in cases {
            assert_eq!(text(at(secs, nanos)), expected);
        }
    }

    #[test]
    fn times_that_rfc_3339_cannot_say_are_still_written() {
        assert_eq!(text(at(1 << 40, 5)), (1_u64 << 40).to_string());
        let before = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(text(before), "1969-12-31T23:59:58.5Z");
    }

    proptest! {
        #[test]
        fn a_time_reads_back_to_the_nanosecond(
            times in prop::collection::vec((0_u64..250_000_000_000, 0_u32..1_000_000_000), 1..6),
        ) {
            for (secs, nanos) in times {
                let read: Timestamp = text(at(secs, nanos)).parse().unwrap();
                prop_assert_eq!(SystemTime::from(read), at(secs, nanos));
            }
        }
    }
}
