//! How much the rest of the machine disturbed a measurement.

use std::{
    fmt, io,
    time::{Duration, Instant},
};

use super::proc::{busy, cores, usage};

/// The share of the machine that others may take while something is measured.
const LIMIT: f64 = 0.04;

/// How undisturbed the measurements of a run were.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noise {
    measured: usize,
    repeated: usize,
    disturbed: usize,
    worst: f64,
}

impl Noise {
    /// Takes in what another measurement saw.
    pub fn add(&mut self, other: Self) {
        self.measured += other.measured;
        self.repeated += other.repeated;
        self.disturbed += other.disturbed;
        self.worst = self.worst.max(other.worst);
    }

    /// Whether every measurement that was kept is below the limit.
    #[must_use]
    pub const fn is_quiet(&self) -> bool {
        self.disturbed == 0
    }
}

impl fmt::Display for Noise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} measurements, {} repeated; other processes took {:.1} % of the machine during the \
             worst one kept",
            self.measured,
            self.repeated,
            self.worst * 100.0
        )?;
        if self.is_quiet() {
            Ok(())
        } else {
            write!(
                f,
                "\nNOT QUIET: {} kept above {:.0} %; repeat on an idle machine before you believe it",
                self.disturbed,
                LIMIT * 100.0
            )
        }
    }
}

/// Runs `measure` again, up to `repeats` times, while others take more than 4 % of the machine;
/// keeps the least disturbed run.
///
/// `servers` are processes of our own besides this one.
///
/// # Errors
///
/// What `measure` failed with, or `/proc` cannot be read.
pub fn undisturbed<T>(
    repeats: usize,
    servers: &[u32],
    mut measure: impl FnMut() -> io::Result<T>,
) -> io::Result<(T, Noise)> {
    let mut attempt = || -> io::Result<(f64, T)> {
        let (before, started) = (others(servers)?, Instant::now());
        let value = measure()?;
        let wall = started.elapsed();
        let taken = others(servers)?.saturating_sub(before);
        Ok((share(taken, wall, cores()?), value))
    };
    let mut least = attempt()?;
    let mut repeated = 0;
    while least.0 > LIMIT && repeated < repeats {
        repeated += 1;
        let again = attempt()?;
        if again.0 < least.0 {
            least = again;
        }
    }
    let (share, value) = least;
    let noise =
        Noise { measured: 1, repeated, disturbed: usize::from(share > LIMIT), worst: share };
    Ok((value, noise))
}

/// CPU time of everybody but us.
fn others(servers: &[u32]) -> io::Result<Duration> {
    let mut ours = usage(std::process::id())?.total;
    for &pid in servers {
        ours += usage(pid)?.total;
    }
    Ok(busy()?.saturating_sub(ours))
}

fn share(taken: Duration, wall: Duration, cores: usize) -> f64 {
    // Two ticks of slack: both ends of the interval are rounded.
    let taken = taken.saturating_sub(Duration::from_millis(20));
    taken.as_secs_f64() / (wall.as_secs_f64() * cores as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounding_of_ticks_is_not_a_disturbance_and_a_busy_core_is() {
        let second = Duration::from_secs(1);
        assert_eq!(share(Duration::from_millis(15), second, 2), 0.0);
        assert!(share(second, second, 2) > LIMIT);
    }

    #[test]
    fn the_error_of_a_measurement_is_passed_on() {
        let failed = undisturbed(5, &[], || Err::<(), _>(io::Error::other("no server")));
        assert_eq!(failed.unwrap_err().to_string(), "no server");
    }
}
