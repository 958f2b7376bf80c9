//! Numbers and durations as text, without the formatting machinery where that is slow.

use std::{io::Write, time::Duration};

/// "00" to "99", so that a division gives two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[b'0'; 2]; 100];
    let mut n = 0;
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

pub(super) fn write_i64(out: &mut Vec<u8>, value: i64) {
    if value < 0 {
        out.push(b'-');
    }
    write_u64(out, value.unsigned_abs());
}

#[inline]
pub(crate) fn write_u64(out: &mut Vec<u8>, mut value: u64) {
    if value < 10 {
        return out.push(b'0' + value as u8);
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    while value >= 100 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[(value % 100) as usize]);
        value /= 100;
    }
    if value >= 10 {
        at -= 2;
        digits[at..at + 2].copy_from_slice(&PAIRS[value as usize]);
    } else {
        at -= 1;
        digits[at] = b'0' + value as u8;
    }
    out.extend_from_slice(&digits[at..]);
}

/// The nine digits after a decimal point, trailing zeros trimmed, and the point itself; nothing for
/// zero.
#[inline]
pub(crate) fn write_fraction(out: &mut Vec<u8>, nanos: u32) {
    if nanos == 0 {
        return;
    }
    // One and eight.
    let rest = eight_digits(nanos % 100_000_000);
    let mut text = [b'.'; 10];
    text[1] = b'0' + (nanos / 100_000_000) as u8;
    text[2..].copy_from_slice(&(rest | ZEROS).to_le_bytes());
    // The last digit is the highest byte.
    let length = text.len() - rest.leading_zeros() as usize / 8;
    // A copy of a fixed size is a few instructions, one of a length is a call.
    let start = out.len();
    out.extend_from_slice(&text);
    out.truncate(start + length);
}

/// Eight zeros in ASCII.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// The eight digits of a number, the first in the lowest byte.
///
/// Halves, and then the halves of those, are divided at once in one word: division is a
/// multiplication and a shift, exact for numbers as small as these (P. Khuong, "How to print
/// integers really fast", 2017).
const fn eight_digits(value: u32) -> u64 {
    let fours = (value / 10_000) as u64 | ((value % 10_000) as u64) << 32;
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007F_0000_007F;
    let twos = hundreds | (fours - 100 * hundreds) << 16;
    let tens = ((twos * 103) >> 10) & 0x000F_000F_000F_000F;
    tens | (twos - 10 * tens) << 8
}

/// As ECMAScript writes numbers, and with it Go's JSON: an exponent below 1e-6 and from 1e21.
macro_rules! float {
    ($name:ident, $type:ty) => {
        pub(super) fn $name(out: &mut Vec<u8>, value: $type) {
            let size = value.abs();
            if value.is_nan() {
                out.extend_from_slice(b"NaN");
            } else if value.is_infinite() {
                out.extend_from_slice(if value > 0.0 { b"+Inf" } else { b"-Inf" });
            } else if size == 0.0 || (1e-6..1e21).contains(&size) {
                // Writing to a `Vec` does not fail.
                let _ = write!(out, "{value}");
            } else {
                let start = out.len();
                let _ = write!(out, "{value:e}");
                if size >= 1.0
                    && let Some(e) = out[start..].iter().position(|&byte| byte == b'e')
                {
                    out.insert(start + e + 1, b'+');
                }
            }
        }
    };
}

float!(write_f32, f32);
float!(write_any_f64, f64);

/// As [`write_any_f64`] does, several times as fast for the numbers that are logged most: those of
/// few decimals, such as seconds counted in nanoseconds.
#[inline]
pub(super) fn write_f64(out: &mut Vec<u8>, value: f64) {
    const SCALE: f64 = 1e9;
    let size = value.abs();
    let scaled = (size * SCALE + 0.5) as u64;
    // The quotient of two integers below 2^53 is the number nearest to the true quotient, so it is
    // what that decimal reads back as. And no two decimals of 15 digits read as the same number
    // (DBL_DIG of C), so there is none shorter than this one with its zeros trimmed.
    if !(1_000..1_000_000_000_000_000).contains(&scaled) || scaled as f64 / SCALE != size {
        return write_any_f64(out, value);
    }
    if value < 0.0 {
        out.push(b'-');
    }
    write_u64(out, scaled / 1_000_000_000);
    write_fraction(out, (scaled % 1_000_000_000) as u32);
}

/// As Go writes durations: `0s`, `1.5µs`, `250ms`, `1m30s`, `2h0m0.5s`.
pub(super) fn write_duration(out: &mut Vec<u8>, value: Duration) {
    let (secs, nanos) = (value.as_secs(), value.subsec_nanos());
    if secs == 0 {
        return match nanos {
            0 => out.extend_from_slice(b"0s"),
            1..1_000 => write_below_1000(out, nanos * 1_000_000, "ns"),
            1_000..1_000_000 => write_below_1000(out, nanos * 1_000, "µs"),
            _ => write_below_1000(out, nanos, "ms"),
        };
    }
    write_seconds(out, secs, nanos);
}

/// Millionths below a thousand whole ones, trailing zeros trimmed, and their unit.
#[inline]
fn write_below_1000(out: &mut Vec<u8>, millionths: u32, unit: &str) {
    // Three digits, the point, six digits, the unit. It is copied whole and cut off: a copy of a
    // fixed size is a few instructions, one of a length is a call.
    let mut text = [b'.'; 20];
    let digits = eight_digits(millionths % 100_000_000);
    text[0] = b'0' + (millionths / 100_000_000) as u8;
    text[1..3].copy_from_slice(&((digits | ZEROS) as u16).to_le_bytes());
    let rest = digits >> 16;
    text[4..12].copy_from_slice(&(rest | ZEROS).to_le_bytes());
    let start = usize::from(millionths < 100_000_000) + usize::from(millionths < 10_000_000);
    // The last digit is the highest byte.
    let end = if rest == 0 { 3 } else { 12 - rest.leading_zeros() as usize / 8 };
    text[end..][..unit.len()].copy_from_slice(unit.as_bytes());
    let (whole, length) = (out.len(), end + unit.len() - start);
    if let Some(sixteen) = text[start..].first_chunk::<16>() {
        out.extend_from_slice(sixteen);
    }
    out.truncate(whole + length);
}

fn write_seconds(out: &mut Vec<u8>, secs: u64, nanos: u32) {
    if secs >= 3600 {
        write_u64(out, secs / 3600);
        out.push(b'h');
    }
    if secs >= 60 {
        write_u64(out, secs / 60 % 60);
        out.push(b'm');
    }
    write_u64(out, secs % 60);
    write_fraction(out, nanos);
    out.push(b's');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn integers_read_as_the_standard_library_writes_them(a in any::<i64>(), b in any::<u64>(), c in 0..2000_u64) {
            prop_assert_eq!(text(|out| write_i64(out, a)), a.to_string());
            prop_assert_eq!(text(|out| write_u64(out, b)), b.to_string());
            prop_assert_eq!(text(|out| write_u64(out, c)), c.to_string());
        }

        #[test]
        fn floats_read_back_to_themselves(a in any::<f64>(), b in any::<f32>()) {
            if a.is_finite() {
                prop_assert_eq!(text(|out| write_f64(out, a)).parse::<f64>().unwrap(), a);
            }
            if b.is_finite() {
                prop_assert_eq!(text(|out| write_f32(out, b)).parse::<f32>().unwrap(), b);
            }
        }
    }

    proptest! {
        #[test]
        fn fractions_are_the_digits_without_the_zeros_at_their_end(digits in any::<u32>(), zeros in 0..=9_u32) {
            let cut = 10_u32.pow(zeros);
            let value = digits % 1_000_000_000 / cut * cut;
            let whole = format!(".{value:09}");
            let trimmed = whole.trim_end_matches('0').trim_end_matches('.');
            prop_assert_eq!(text(|out| write_fraction(out, value)), trimmed);
        }

        #[test]
        fn short_durations_are_the_digits_of_their_unit(
            digits in 1..1_000_000_000_u32, shift in 0..=8_u32, zeros in 0..=8_u32,
        ) {
            let (cut, value) = (10_u32.pow(zeros), digits / 10_u32.pow(shift));
            let nanos = (value / cut * cut).max(1);
            let (unit, places, name) = match nanos {
                0..1_000 => (1, 0, "ns"),
                1_000..1_000_000 => (1_000, 3, "µs"),
                _ => (1_000_000, 6, "ms"),
            };
            let whole = nanos / unit;
            let rest = format!(".{:0places$}", nanos % unit);
            let rest = rest.trim_end_matches('0').trim_end_matches('.');
            let written = text(|out| write_duration(out, Duration::from_nanos(nanos.into())));
            prop_assert_eq!(written, format!("{whole}{rest}{name}"));
        }
    }

    proptest! {
        #[test]
        fn the_quick_way_and_the_general_one_write_the_same_floats(
            digits in any::<i64>(), whole in 0..22_u32, places in 0..22_i32, ulps in -2..3_i64,
        ) {
            // Numbers of few digits and their neighbors, which have many.
            let decimal = (digits / 10_i64.pow(whole.min(18))) as f64 / 10_f64.powi(places);
            for value in [decimal, f64::from_bits(decimal.to_bits().wrapping_add_signed(ulps))] {
                let expected = text(|out| write_any_f64(out, value));
                prop_assert_eq!(text(|out| write_f64(out, value)), expected);
            }
        }
    }

    #[test]
    fn the_ends_of_the_integers_are_written() {
        assert_eq!(text(|out| write_i64(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(text(|out| write_u64(out, u64::MAX)), u64::MAX.to_string());
    }

    #[test]
    fn floats_have_an_exponent_only_where_they_would_be_long() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (3.0, "3"),
            (0.1, "0.1"),
            (1e-6, "0.000001"),
            (1.5e-7, "1.5e-7"),
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (-2.5e300, "-2.5e+300"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "+Inf"),
            (f64::NEG_INFINITY, "-Inf"),
        ];
        for (value, expected) in cases {
            assert_eq!(text(|out| write_f64(out, value)), expected);
        }
        assert_eq!(text(|out| write_f32(out, 0.1)), "0.1");
    }

    #[test]
    fn durations_are_written_as_go_writes_them() {
        let cases = [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (2_200_000, "2.2ms"),
            (999_999_999, "999.999999ms"),
            (3_300_000_000, "3.3s"),
            (60_000_000_000, "1m0s"),
            (245_000_000_000, "4m5s"),
            (245_001_000_000, "4m5.001s"),
            (18_367_001_000_000, "5h6m7.001s"),
            (3_600_000_000_000, "1h0m0s"),
        ];
        for (nanos, expected) in cases {
            let value = Duration::from_nanos(nanos);
            assert_eq!(text(|out| write_duration(out, value)), expected);
        }
    }
}
