//! Histograms of two decimal digits.

use std::{
    collections::BTreeMap,
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Style, encoder::name};
use crate::{Backend, Desc, Labels, Observe};

/// The range of values that share their first two digits, as Circonus' log-linear histogram
/// (`circllhist`) has it: the digits with the sign, from 10 to 99 or 0, and the power of ten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Bin {
    digits: i8,
    power: i8,
}

/// How many values fell into which bins.
pub(super) type Counts = BTreeMap<Bin, u64>;

impl Bin {
    /// The bin of a finite value.
    pub(super) fn of(value: f64) -> Self {
        let size = value.abs();
        let (digits, power) = if size < 1e-128 {
            (0, 0)
        } else if size >= 1e128 {
            (99, 127)
        } else {
            two_digits(size)
        };
        let digits = if value < 0.0 { -digits } else { digits };
        Self { digits, power }
    }
}

/// The first two digits of a number from 10⁻¹²⁸ to 10¹²⁸, and its power of ten.
fn two_digits(size: f64) -> (i8, i8) {
    // Numbers such as 0.29 are a little less than they are written: this is what `circllhist` allows.
    const FUDGE: f64 = 1e-13;
    let digits = |power: i32| (size / 10_f64.powi(power)).mul_add(10.0, FUDGE).floor();
    let mut power = size.log10().floor() as i32;
    // The logarithm is rounded, so next to a power of ten it may be that of the other side.
    if digits(power) < 10.0 {
        power -= 1;
    } else if digits(power) >= 100.0 {
        power += 1;
    }
    (digits(power).clamp(10.0, 99.0) as i8, power.clamp(-128, 127) as i8)
}

/// As Circonus writes it: `1.2e+01`.
impl fmt::Display for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { digits, power } = *self;
        let sign = if digits < 0 { "-" } else { "" };
        let (whole, tenth) = (digits.unsigned_abs() / 10, digits.unsigned_abs() % 10);
        let below = if power < 0 { '-' } else { '+' };
        write!(f, "{sign}{whole}.{tenth}e{below}{:02}", power.unsigned_abs())
    }
}

/// What all histograms observed since it was taken, as a backend that taps them.
pub(super) struct Histograms {
    style: Style,
    all: Mutex<Vec<Arc<Waiting>>>,
}

/// What one series observed since.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) name: String,
    counts: Mutex<Counts>,
}

impl Waiting {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes what there is, if there is something.
    pub(super) fn take(self: &Arc<Self>) -> Option<Taken> {
        let counts = mem::take(&mut *self.counts());
        (!counts.is_empty()).then(|| Taken { counts, series: self.clone() })
    }
}

/// Counts on their way. What of them is not [done](Self::done) when it is dropped waits again.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) counts: Counts,
    series: Arc<Waiting>,
}

impl Taken {
    /// They were sent, or never will be.
    pub(super) fn done(mut self) {
        self.counts.clear();
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.counts.is_empty() {
            let mut waiting = self.series.counts();
            for (bin, count) in mem::take(&mut self.counts) {
                *waiting.entry(bin).or_default() += count;
            }
        }
    }
}

impl Observe for Waiting {
    fn observe(&self, value: f64) {
        let bin = Bin::of(value);
        // Held by others just as long: to add one, or to take the whole. There is room for each bin
        // once, so it is bounded however long the receiver is away.
        *self.counts().entry(bin).or_default() += 1;
    }
}

impl Histograms {
    pub(super) fn new(style: Style) -> Self {
        Self { style, all: Mutex::default() }
    }

    /// Every series that there is.
    pub(super) fn series(&self) -> Vec<Arc<Waiting>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Backend for Histograms {
    fn tap(&self, desc: &Desc, labels: &Labels) -> Option<Arc<dyn Observe>> {
        let name = name(&self.style, desc.name(), labels);
        let waiting = Arc::new(Waiting { name, counts: Mutex::default() });
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(waiting.clone());
        Some(waiting)
    }
}

impl fmt::Debug for Histograms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Histograms").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_falls_into_the_bin_of_its_first_two_digits() {
        let check = |value: f64, expected: &str| {
            assert_eq!(Bin::of(value).to_string(), expected, "{value}");
        };
        check(12.5, "1.2e+01");
        check(250.0, "2.5e+02");
        check(0.0, "0.0e+00");
        check(-0.0, "0.0e+00");
        check(0.29, "2.9e-01");
        check(-0.001_999, "-1.9e-03");
        check(1.0, "1.0e+00");
        check(99.0, "9.9e+01");
        check(99.999, "9.9e+01");
        check(1e-129, "0.0e+00");
        check(f64::MAX, "9.9e+127");
        check(f64::MIN, "-9.9e+127");
        for power in -127..=127_i32 {
            let value: f64 = format!("1e{power}").parse().unwrap();
            let below = if power < 0 { '-' } else { '+' };
            check(value, &format!("1.0e{below}{:02}", power.abs()));
            let value: f64 = format!("7.3e{power}").parse().unwrap();
            check(value, &format!("7.3e{below}{:02}", power.abs()));
        }
    }

    proptest! {
        #[test]
        fn a_value_lies_within_its_bin(digits in 1.0..10.0_f64, power in -100..100_i32, minus in any::<bool>()) {
            let size = digits * 10_f64.powi(power);
            let bin = Bin::of(if minus { -size } else { size });
            let text = bin.to_string();
            prop_assert_eq!(text.starts_with('-'), minus);
            let low: f64 = text.trim_start_matches('-').parse().unwrap();
            let high = low + 10_f64.powi(i32::from(bin.power) - 1);
            prop_assert!(low <= size * (1.0 + 1e-12) && size < high * (1.0 + 1e-12), "{} {}", size, text);
        }
    }
}
