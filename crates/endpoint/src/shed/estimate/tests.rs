//! The policy, given durations: it stays among what it saw, finds the median, and never shuts for
//! good.

use proptest::prelude::*;

use super::*;

fn end() -> impl Strategy<Value = End> {
    prop_oneof![Just(End::Answered), Just(End::ProbeAnswered), Just(End::Cut)]
}

fn after(calls: &[(u64, End)]) -> Estimate {
    calls.iter().fold(Estimate::UNKNOWN, |estimate, &(nanos, end)| {
        estimate.observe(Duration::from_nanos(nanos), end)
    })
}

proptest! {
    #[test]
    fn a_word_reads_back(nanos in 0..=MAX_NANOS, refused in 0..PROBE_EVERY) {
        let estimate = Estimate { nanos, refused };
        prop_assert_eq!(Estimate::from_word(estimate.to_word()), estimate);
    }

    #[test]
    fn the_estimate_lies_between_the_shortest_and_the_longest_call(
        calls in prop::collection::vec((1..MAX_NANOS, end()), 1..200),
    ) {
        let nanos = after(&calls).nanos;
        let shortest = calls.iter().map(|call| call.0).min();
        let longest = calls.iter().map(|call| call.0).max();
        prop_assert!(shortest <= Some(nanos) && Some(nanos) <= longest);
    }

    #[test]
    fn a_call_that_was_cut_never_lowers_it(
        calls in prop::collection::vec((1..MAX_NANOS, end()), 1..50),
        took in any::<u64>(),
    ) {
        let before = after(&calls);
        prop_assert!(before.observe(Duration::from_nanos(took), End::Cut).nanos >= before.nanos);
    }

    #[test]
    fn who_has_as_much_time_as_is_expected_is_let_through(
        calls in prop::collection::vec((1..MAX_NANOS, end()), 0..50),
        more in any::<u32>(),
    ) {
        let estimate = after(&calls);
        let left = Duration::from_nanos(estimate.nanos) + Duration::from_nanos(more.into());
        prop_assert_eq!(estimate.judge(left), (estimate, Verdict::Admit));
    }

    #[test]
    fn of_those_without_time_exactly_every_sixteenth_is_let_through(
        nanos in 2..MAX_NANOS,
        left in prop::collection::vec(any::<u64>(), 16 * 5),
    ) {
        let mut estimate = after(&[(nanos, End::Answered)]);
        let mut probes = 0;
        for left in left {
            let (next, verdict) = estimate.judge(Duration::from_nanos(left % nanos));
            prop_assert_ne!(verdict, Verdict::Admit);
            probes += u32::from(verdict == Verdict::Probe);
            estimate = next;
        }
        prop_assert_eq!(probes, 5);
    }

    #[test]
    fn one_probe_answered_in_time_ends_the_refusing(nanos in 2..MAX_NANOS, left in any::<u64>()) {
        let left = Duration::from_nanos(1 + left % (nanos - 1));
        let mut estimate = after(&[(nanos, End::Answered)]);
        let mut calls = 0;
        while estimate.judge(left).1 != Verdict::Admit {
            let (next, verdict) = estimate.judge(left);
            estimate = match verdict {
                Verdict::Probe => next.observe(left, End::ProbeAnswered),
                _ => next,
            };
            calls += 1;
            prop_assert!(calls <= PROBE_EVERY);
        }
    }
}

/// A small generator (Marsaglia's xorshift): the test must not differ from run to run.
fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

#[test]
fn it_finds_the_median_wherever_it_starts() {
    fn check(name: &str, first: u64, draw: impl Fn(u64) -> u64) {
        let mut seed = 0x9E37_79B9_7F4A_7C15;
        let mut estimate = after(&[(first, End::Answered)]);
        let (mut below, mut seen) = (0, 0);
        for call in 0..20_000 {
            let took = draw(random(&mut seed));
            // After it has come near, the share of the calls that are shorter is about a half.
            if call >= 1000 {
                seen += 1;
                below += u32::from(took <= estimate.nanos);
            }
            estimate = estimate.observe(Duration::from_nanos(took), End::Answered);
        }
        let share = f64::from(below) / f64::from(seen);
        assert!((0.45..0.55).contains(&share), "{name} from {first}: {share}");
    }

    for first in [1, 10_000_000, 60_000_000_000] {
        check("uniform", first, |r| 5_000_000 + r % 10_000_000);
        check("one in ten a thousand times slower", first, |r| {
            let fast = 1_000_000 + r % 500_000;
            if r.is_multiple_of(10) { fast * 1000 } else { fast }
        });
        check("exponential", first, |r| {
            let unit = (r >> 11) as f64 / (1_u64 << 53) as f64;
            (-(1.0 - unit).ln() * 20e6) as u64 + 1
        });
    }
}

#[test]
fn constant_calls_are_expected_to_the_nanosecond() {
    let mut estimate = after(&[(900_000_000, End::Answered)]);
    for _ in 0..200 {
        estimate = estimate.observe(Duration::from_millis(3), End::Answered);
    }
    assert_eq!(estimate.expected(), Some(Duration::from_millis(3)));
}
