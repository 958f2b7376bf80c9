//! Numbers as text.

use std::fmt::Write;

/// Writes a finite number so that it reads back as the same: `0.25`, `3`, `1e300`.
///
/// Tiny and huge ones are written with an exponent; without, they may be hundreds of digits long.
pub(crate) fn push(out: &mut String, value: f64) {
    let magnitude = value.abs();
    let written = if magnitude >= 1e21 || (magnitude != 0.0 && magnitude < 1e-7) {
        write!(out, "{value:e}")
    } else {
        write!(out, "{value}")
    };
    written.expect("writing to a String does not fail");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_number_reads_back_and_is_short(value in prop::num::f64::NORMAL | prop::num::f64::ZERO) {
            let mut out = String::new();
            push(&mut out, value);
            prop_assert_eq!(out.parse(), Ok(value));
            prop_assert!(out.len() <= 26, "{}", out);
        }
    }
}
