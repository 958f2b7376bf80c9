//! The laws, given samples: they stay in their range, find the capacity, and come back.

use std::{num::NonZeroUsize, time::Duration};

use proptest::prelude::*;

use super::*;

const MILLI: Duration = Duration::from_millis(1);

fn some(n: usize) -> NonZeroUsize {
    NonZeroUsize::new(n).expect("not zero")
}

/// A server that does so many calls at once, each in 10 ms; more of them queue.
struct Server {
    capacity: usize,
    now: Instant,
}

impl Server {
    fn new(capacity: usize) -> Self {
        Self { capacity, now: Instant::now() }
    }

    /// Keeps as many calls in flight as the limit allows; the limits after each second.
    fn keep_busy(&mut self, law: &mut impl LimitLaw, seconds: u64) -> Vec<usize> {
        let mut limits = Vec::new();
        for _ in 0..seconds {
            let end = self.now + Duration::from_secs(1);
            while self.now < end {
                self.round(law);
            }
            limits.push(law.limit());
        }
        limits
    }

    fn round(&mut self, law: &mut impl LimitLaw) {
        let in_flight = law.limit().max(1);
        let slower = in_flight.max(self.capacity) as f64 / self.capacity as f64;
        let took = (10 * MILLI).mul_f64(slower);
        for _ in 0..in_flight {
            law.observe(Sample::answered(self.now, took, in_flight));
        }
        self.now += took;
    }
}

fn sample() -> impl Strategy<Value = Sample> {
    let start = Instant::now();
    (any::<u32>(), any::<u64>(), 0_usize..2000, any::<bool>()).prop_map(
        move |(began, took, in_flight, overloaded)| Sample {
            began: start + Duration::from_millis(began.into()),
            took: Duration::from_nanos(took),
            in_flight,
            overloaded,
        },
    )
}

fn stays_in_range(mut law: impl LimitLaw, samples: &[Sample]) -> Result<(), TestCaseError> {
    for &sample in samples {
        law.observe(sample);
        prop_assert!((3..=50).contains(&law.limit()), "{}", law.limit());
    }
    Ok(())
}

proptest! {
    #[test]
    fn no_samples_take_a_law_out_of_its_range(
        samples in prop::collection::vec(sample(), 1..200),
    ) {
        stays_in_range(Aimd::new().with_min(some(3)).with_max(some(50)), &samples)?;
        stays_in_range(Aimd::new().slower_than(MILLI).with_max(some(50)).with_min(some(3)), &samples)?;
        stays_in_range(Gradient::new().with_min(some(3)).with_max(some(50)), &samples)?;
    }

    #[test]
    fn the_range_is_never_empty(min in 1_usize..100, max in 1_usize..100, first in 1_usize..100) {
        let law = Gradient::starting_at(some(first)).with_min(some(min)).with_max(some(max));
        prop_assert!(law.limit() <= max);
        let law = Aimd::starting_at(some(first)).with_max(some(max)).with_min(some(min));
        prop_assert!(law.limit() >= min);
    }
}

#[test]
fn the_gradient_stops_growing_where_calls_begin_to_queue() {
    let limits = Server::new(50).keep_busy(&mut Gradient::new(), 120);
    let settled = &limits[20..];
    // Half as much again is tolerated, and the queue on top of it.
    assert!(settled.iter().all(|limit| (70..110).contains(limit)), "{settled:?}");
}

#[test]
fn the_gradient_follows_a_server_that_loses_and_regains_its_capacity() {
    let mut law = Gradient::new();
    let mut server = Server::new(100);
    let before = server.keep_busy(&mut law, 60)[59];
    server.capacity = 20;
    let during = server.keep_busy(&mut law, 20)[19];
    server.capacity = 100;
    let after = server.keep_busy(&mut law, 60)[59];
    assert!((100..250).contains(&before), "{before}");
    assert!((20..50).contains(&during), "{during}");
    assert!((100..250).contains(&after), "{after}");
}

#[test]
fn the_gradient_believes_in_the_end_that_a_server_is_slower_for_good() {
    let mut law = Gradient::new();
    let mut server = Server::new(100);
    server.keep_busy(&mut law, 60);
    // The same capacity as far as anyone can see, at a third of the speed.
    let mut limits = Vec::new();
    for _ in 0..20_000 {
        let in_flight = law.limit();
        for _ in 0..in_flight {
            law.observe(Sample::answered(server.now, MILLI * 30, in_flight));
        }
        server.now += MILLI * 30;
        limits.push(law.limit());
    }
    let least = limits.iter().min().expect("there are some");
    let last = limits.last().expect("there are some");
    assert!(*least < 20 && *last > 100, "down to {least}, back to {last}");
}

#[test]
fn overload_shrinks_the_gradient_by_a_tenth_for_each_window() {
    let mut law = Gradient::starting_at(some(100));
    let start = Instant::now();
    for call in 0..10 {
        assert_eq!(law.limit(), 100);
        let sample = if call == 3 { Sample::overloaded } else { Sample::answered };
        law.observe(sample(start + 20 * MILLI * call, MILLI, 100));
    }
    assert_eq!(law.limit(), 90);
}

#[test]
fn aimd_grows_by_one_a_round_and_loses_a_tenth_for_a_round_with_overload() {
    let mut law = Aimd::starting_at(some(100));
    let mut server = Server::new(1000);
    for _ in 0..10 {
        server.round(&mut law);
    }
    assert!((108..=110).contains(&law.limit()), "{law:?}");

    let mut law = Aimd::starting_at(some(100));
    let began = Instant::now();
    for _ in 0..50 {
        law.observe(Sample::overloaded(began, MILLI, 100));
    }
    assert_eq!(law.limit(), 90, "one round, however many failed");
    law.observe(Sample::overloaded(began + MILLI, MILLI, 90));
    assert_eq!(law.limit(), 81);
}

#[test]
fn aimd_takes_a_slow_answer_for_overload() {
    let mut law = Aimd::starting_at(some(100)).slower_than(MILLI);
    law.observe(Sample::answered(Instant::now(), MILLI, 100));
    assert_eq!(law.limit(), 100);
    law.observe(Sample::answered(Instant::now(), MILLI * 2, 100));
    assert_eq!(law.limit(), 90);
}

#[test]
fn a_limit_that_is_not_reached_does_not_grow() {
    fn check(mut law: impl LimitLaw) {
        let before = law.limit();
        for _ in 0..1000 {
            law.observe(Sample::answered(Instant::now(), MILLI, before / 2 - 1));
        }
        assert_eq!(law.limit(), before);
    }
    check(Aimd::new());
    check(Gradient::new());
}
