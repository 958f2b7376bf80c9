//! The states: golden tables of what leads from one to another.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::*;
use crate::{Breaker, Builder, ConsecutiveFailures, FailureRatio, Ratio, SlowCallRatio};

const SECOND: Duration = Duration::from_secs(1);

/// One step of a table: what happens, and the state after it.
#[derive(Debug, Clone, Copy)]
enum Do {
    /// A call that ends at once.
    Call(Verdict),
    /// A call begins and stays in flight.
    Begin,
    /// The call that is in flight longest ends.
    End(Verdict),
    /// A call is refused, with this advice in seconds.
    Refused(Option<u64>),
    /// Time goes by.
    Seconds(u64),
    ForceOpen,
    ForceClosed,
    Reset,
}

use Do::*;
use State::*;
use Verdict::{Failure as Bad, Ignored, Success as Good};

/// Walks through a table from the closed state.
fn check<P: Policy>(builder: &Builder<P>, table: &[(Do, State)]) {
    let mut now = Instant::now();
    let circuit = builder.circuit(now);
    let mut flying = VecDeque::new();
    for (line, &(step, state)) in table.iter().enumerate() {
        let at = || now;
        match step {
            Call(verdict) => {
                let permit = circuit.begin(at).unwrap_or_else(|e| panic!("line {line}: {e:?}"));
                circuit.end(permit, verdict, at);
            }
            Begin => {
                let permit = circuit.begin(at).unwrap_or_else(|e| panic!("line {line}: {e:?}"));
                flying.push_back(permit);
            }
            End(verdict) => {
                circuit.end(flying.pop_front().expect("one is in flight"), verdict, at);
            }
            Refused(seconds) => {
                let refused = circuit.begin(at).expect_err("it is shut");
                assert_eq!(refused.retry_after(), seconds.map(Duration::from_secs), "line {line}");
                assert_eq!(refused.state(), state, "line {line}");
            }
            Seconds(seconds) => now += Duration::from_secs(seconds),
            ForceOpen => circuit.force_open(),
            ForceClosed => circuit.force_closed(),
            Reset => circuit.reset(),
        }
        assert_eq!(circuit.state(), state, "line {line}: {step:?}");
    }
}

fn two_in_a_row() -> Builder<ConsecutiveFailures> {
    Breaker::builder(ConsecutiveFailures::new(2)).open_for(10 * SECOND)
}

#[test]
fn the_defaults_open_at_the_sixth_failure_for_a_minute_and_probe_once() {
    check(
        &Breaker::builder(ConsecutiveFailures::default()),
        &[
            (Call(Bad), Closed),
            (Call(Bad), Closed),
            (Call(Bad), Closed),
            (Call(Bad), Closed),
            (Call(Bad), Closed),
            (Call(Bad), Open),
            (Refused(Some(60)), Open),
            (Seconds(59), Open),
            (Refused(Some(1)), Open),
            (Seconds(1), Open),
            (Begin, HalfOpen),
            (Refused(None), HalfOpen),
            (End(Good), Closed),
            (Call(Bad), Closed),
        ],
    );
}

#[test]
fn a_good_call_ends_the_row_and_one_that_does_not_count_does_not() {
    check(
        &two_in_a_row(),
        &[
            (Call(Bad), Closed),
            (Call(Good), Closed),
            (Call(Bad), Closed),
            (Call(Ignored), Closed),
            (Call(Bad), Open),
        ],
    );
}

#[test]
fn a_probe_that_fails_opens_it_again_for_the_whole_time() {
    check(
        &two_in_a_row(),
        &[
            (Call(Bad), Closed),
            (Call(Bad), Open),
            (Seconds(15), Open),
            (Begin, HalfOpen),
            (Seconds(5), HalfOpen),
            (End(Bad), Open),
            (Refused(Some(10)), Open),
            (Seconds(10), Open),
            (Call(Good), Closed),
        ],
    );
}

#[test]
fn all_probes_must_end_well_and_one_that_fails_is_enough() {
    check(
        &two_in_a_row().probes(3),
        &[
            (Call(Bad), Closed),
            (Call(Bad), Open),
            (Seconds(10), Open),
            (Call(Good), HalfOpen),
            (Begin, HalfOpen),
            (Begin, HalfOpen),
            (Refused(None), HalfOpen),
            (End(Good), HalfOpen),
            (Refused(None), HalfOpen),
            (End(Bad), Open),
            (Seconds(10), Open),
            (Call(Good), HalfOpen),
            (Call(Good), HalfOpen),
            (Call(Good), Closed),
        ],
    );
}

#[test]
fn a_probe_that_does_not_count_frees_its_place() {
    check(
        &two_in_a_row(),
        &[
            (Call(Bad), Closed),
            (Call(Bad), Open),
            (Seconds(10), Open),
            (Begin, HalfOpen),
            (Refused(None), HalfOpen),
            (End(Ignored), HalfOpen),
            (Begin, HalfOpen),
            (Refused(None), HalfOpen),
            (End(Good), Closed),
        ],
    );
}

#[test]
fn a_probe_that_hangs_loses_its_place_and_its_say() {
    check(
        &two_in_a_row(),
        &[
            (Call(Bad), Closed),
            (Call(Bad), Open),
            (Seconds(10), Open),
            (Begin, HalfOpen),
            (Seconds(9), HalfOpen),
            (Refused(None), HalfOpen),
            (Seconds(1), HalfOpen),
            (Begin, HalfOpen),
            (End(Bad), HalfOpen),
            (Refused(None), HalfOpen),
            (End(Good), Closed),
        ],
    );
}

#[test]
fn results_of_an_earlier_state_do_not_count() {
    check(
        &two_in_a_row(),
        &[
            (Begin, Closed),
            (Begin, Closed),
            (Begin, Closed),
            (Begin, Closed),
            (Call(Bad), Closed),
            (Call(Bad), Open),
            (End(Good), Open),
            (Seconds(10), Open),
            (Call(Good), Closed),
            // Two of the old, and one of the new: not two in a row.
            (End(Bad), Closed),
            (End(Bad), Closed),
            (Call(Bad), Closed),
            // Nor does an old good one end the row.
            (End(Good), Closed),
            (Call(Bad), Open),
        ],
    );
}

#[test]
fn it_can_be_forced_either_way_and_set_free() {
    check(
        &two_in_a_row(),
        &[
            (ForceClosed, ForcedClosed),
            (Call(Bad), ForcedClosed),
            (Call(Bad), ForcedClosed),
            (Begin, ForcedClosed),
            (ForceOpen, ForcedOpen),
            (Refused(None), ForcedOpen),
            (Seconds(1000), ForcedOpen),
            (Refused(None), ForcedOpen),
            (End(Bad), ForcedOpen),
            (Reset, Closed),
            (Call(Bad), Closed),
            // Forgets what it had counted, also if it is closed.
            (Reset, Closed),
            (Call(Bad), Closed),
            (Call(Bad), Open),
            (Reset, Closed),
            (Call(Good), Closed),
        ],
    );
}

#[test]
fn a_ratio_waits_for_its_minimum_and_opens_at_a_failure() {
    check(
        &Breaker::builder(FailureRatio::over_calls(4, Ratio::percent(50)).minimum_calls(3)),
        &[
            (Call(Bad), Closed),
            (Call(Bad), Closed),
            (Call(Good), Closed),
            (Call(Good), Closed),
            (Call(Good), Closed),
            // The window: bad, good, good, good; the first failure has left it.
            (Call(Ignored), Closed),
            (Call(Bad), Closed),
            (Call(Bad), Open),
        ],
    );
}

#[test]
fn a_ratio_of_time_forgets_what_is_old() {
    let policy = FailureRatio::over_time(10 * SECOND, Ratio::percent(50)).minimum_calls(4);
    check(
        &Breaker::builder(policy),
        &[
            (Call(Bad), Closed),
            (Call(Bad), Closed),
            (Call(Bad), Closed),
            (Seconds(11), Closed),
            (Call(Bad), Closed),
            (Call(Good), Closed),
            (Call(Good), Closed),
            (Call(Good), Closed),
            (Seconds(5), Closed),
            (Call(Bad), Closed),
            (Call(Bad), Open),
        ],
    );
}

#[test]
fn slow_calls_count_however_they_end() {
    let policy = SlowCallRatio::over_calls(10, Ratio::percent(50), 2 * SECOND).minimum_calls(4);
    check(
        &Breaker::builder(policy).open_for(SECOND),
        &[
            (Call(Good), Closed),
            (Call(Good), Closed),
            (Begin, Closed),
            (Begin, Closed),
            (Seconds(1), Closed),
            (Begin, Closed),
            (Seconds(1), Closed),
            (End(Good), Closed),
            (End(Ignored), Open),
            (Seconds(1), Open),
            // A slow probe is not good enough.
            (Begin, HalfOpen),
            (End(Bad), HalfOpen),
            (Seconds(2), HalfOpen),
            (End(Good), Open),
        ],
    );
}

#[test]
fn a_closed_breaker_of_counts_never_asks_the_time() {
    fn check<P: Policy>(policy: P) {
        let circuit = Breaker::builder(policy).circuit(Instant::now());
        for verdict in [Good, Bad, Good, Ignored, Good] {
            let never = || -> Instant { unreachable!("nobody needs it") };
            let permit = circuit.begin(never).unwrap();
            circuit.end(permit, verdict, never);
        }
    }
    check(ConsecutiveFailures::new(2));
    check(FailureRatio::over_calls(10, Ratio::ALL));
}

#[test]
fn beyond_the_end_of_the_clock_it_stays_open() {
    let now = Instant::now();
    let circuit =
        Breaker::builder(ConsecutiveFailures::new(1)).open_for(Duration::MAX).circuit(now);
    let permit = circuit.begin(|| now).unwrap();
    circuit.end(permit, Bad, || now);
    let century = Duration::from_secs(100 * 365 * 86_400);
    assert!(circuit.begin(|| now + century).is_err());
}

#[test]
fn what_it_counts_can_be_looked_at() {
    let now = Instant::now();
    let policy = FailureRatio::over_calls(100, Ratio::ALL);
    let circuit = Breaker::builder(policy).name("payments").circuit(now);
    for verdict in [Good, Bad, Ignored, Good] {
        let permit = circuit.begin(|| now).unwrap();
        circuit.end(permit, verdict, || now);
    }
    let Snapshot { state, calls, failures, number } = circuit.snapshot();
    assert_eq!((state, calls, failures, number), (Closed, 3, 1, 0));
    assert_eq!(circuit.name(), Some("payments"));
    circuit.force_open();
    assert_eq!(circuit.snapshot().number, 1);
}
