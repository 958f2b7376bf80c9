//! When requests are due if many callers know nothing of each other.

use std::time::Duration;

/// The instants of a Poisson process, as times since its beginning: the gaps between independent
/// arrivals are distributed exponentially. The same each time, so that every server sees the same.
#[derive(Debug)]
pub(super) struct Arrivals {
    rate: f64,
    at: f64,
    random: u64,
}

impl Arrivals {
    /// So many in a second, on average.
    pub(super) const fn per_second(rate: f64) -> Self {
        Self { rate, at: 0.0, random: 0x9e37_79b9_7f4a_7c15 }
    }

    /// A number above 0 and at most 1: xorshift64* (Vigna, *An experimental exploration of
    /// Marsaglia's xorshift generators, scrambled*, 2016), of whose product the upper bits are good.
    fn uniform(&mut self) -> f64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        let upper = self.random.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11;
        (upper + 1) as f64 / (1_u64 << 53) as f64
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.at -= self.uniform().ln() / self.rate;
        Some(Duration::from_secs_f64(self.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_arrive_in_a_second_and_as_far_apart_as_independent_callers() {
        let all: Vec<Duration> = Arrivals::per_second(1000.0).take(100_000).collect();
        let seconds = all.last().unwrap().as_secs_f64();
        assert!((99.0..101.0).contains(&seconds), "{seconds}");
        // A gap is longer than the mean with a probability of 1/e.
        let long = all.windows(2).filter(|pair| pair[1] - pair[0] > Duration::from_millis(1));
        let share = long.count() as f64 / 1e5;
        assert!((0.36..0.376).contains(&share), "{share}");
    }
}
