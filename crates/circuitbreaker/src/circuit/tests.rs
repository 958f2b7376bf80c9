//! The states: golden tables of what leads from one to another, and what no schedule can bring
//! about.

use std::{
    collections::VecDeque,
    sync::Mutex,
    time::{Duration, Instant},
};

use proptest::prelude::*;

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

/// What a schedule is made of.
#[derive(Debug, Clone, Copy)]
enum Event {
    Begin,
    /// Which of those in flight ends, and how.
    End(usize, Verdict),
    Millis(u16),
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![Just(Good), Just(Bad), Just(Ignored)]
}

fn schedule() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Begin),
        3 => (any::<usize>(), verdict()).prop_map(|(which, how)| Event::End(which, how)),
        1 => (0_u16..3_000).prop_map(Event::Millis),
    ];
    prop::collection::vec(event, 0..300)
}

/// The changes a circuit told of, in order.
type Changes = Arc<Mutex<Vec<(State, State, u64)>>>;

fn told<P: Policy>(builder: Builder<P>, now: Instant) -> (Circuit<P>, Changes) {
    let changes = Changes::default();
    let journal = changes.clone();
    let builder = builder.on_change(move |change| {
        journal.lock().expect("no test panics while it holds it").push((
            change.from,
            change.to,
            change.number,
        ));
    });
    (builder.circuit(now), changes)
}

/// Runs a schedule and looks after each step at what must always hold.
fn always<P: Policy>(builder: Builder<P>, probes: usize, events: &[Event]) {
    let mut now = Instant::now();
    let (circuit, changes) = told(builder.open_for(SECOND).probes(probes as u32), now);
    let mut flying = Vec::new();
    for &event in events {
        match event {
            Event::Begin => {
                let before = circuit.state();
                if let Ok(permit) = circuit.begin(|| now) {
                    assert_eq!(permit.is_probe(), before != Closed);
                    flying.push(permit);
                }
            }
            Event::End(which, verdict) if !flying.is_empty() => {
                let permit = flying.swap_remove(which % flying.len());
                circuit.end(permit, verdict, || now);
            }
            Event::End(..) => {}
            Event::Millis(millis) => now += Duration::from_millis(millis.into()),
        }
        // Of one period of being half-open, no more than the probes are in flight at once.
        let of_now = circuit.snapshot().number;
        let in_flight = flying.iter().filter(|p| p.is_probe() && p.word.generation() == of_now);
        assert!(in_flight.count() <= probes);
        let Snapshot { calls, failures, .. } = circuit.snapshot();
        assert!(failures <= calls && calls <= events.len() as u64);
    }
    // The changes follow upon each other, and their numbers go up.
    let changes = std::mem::take(&mut *changes.lock().expect("no test panics while it holds it"));
    for pair in changes.windows(2) {
        assert_eq!(pair[0].1, pair[1].0);
        assert!(pair[0].2 < pair[1].2);
    }
    assert_eq!(changes.last().map_or(Closed, |last| last.1), circuit.state());
    // Whatever happened, and whoever still hangs: after its time it probes, and good probes close.
    now += 2 * SECOND;
    for _ in 0..probes {
        let permit = circuit.begin(|| now).expect("it never sticks");
        circuit.end(permit, Good, || now);
    }
    assert_eq!(circuit.state(), Closed);
}

proptest! {
    #[test]
    fn no_schedule_sticks_or_lets_too_many_probes_through(
        events in schedule(),
        probes in 1_usize..4,
    ) {
        always(Breaker::builder(ConsecutiveFailures::new(2)), probes, &events);
        let half = Ratio::percent(50);
        let calls = FailureRatio::over_calls(8, half).minimum_calls(3);
        always(Breaker::builder(calls), probes, &events);
        let time = FailureRatio::over_time(2 * SECOND, half).minimum_calls(3);
        always(Breaker::builder(time), probes, &events);
        let slow = SlowCallRatio::over_calls(8, half, 10 * SECOND).minimum_calls(3);
        always(Breaker::builder(slow), probes, &events);
    }

    #[test]
    fn good_calls_alone_never_open_it(
        calls in 0_usize..200,
        window in any::<u32>(),
        ratio in any::<u32>(),
        minimum in any::<u32>(),
    ) {
        let now = Instant::now();
        let policy = FailureRatio::over_calls(window, Ratio::millionths(ratio)).minimum_calls(minimum);
        let circuit = Breaker::builder(policy).circuit(now);
        for _ in 0..calls {
            let permit = circuit.begin(|| now).unwrap();
            circuit.end(permit, Good, || now);
        }
        prop_assert_eq!(circuit.state(), Closed);
    }

    #[test]
    fn failures_alone_open_it_at_the_minimum_of_a_window_or_the_end_of_a_row(
        window in 1_u32..100,
        ratio in any::<u32>(),
        minimum in 0_u32..200,
    ) {
        fn calls_until_open<P: Policy>(policy: P) -> u32 {
            let now = Instant::now();
            let circuit = Breaker::builder(policy).circuit(now);
            let mut calls = 0;
            while let Ok(permit) = circuit.begin(|| now) {
                circuit.end(permit, Bad, || now);
                calls += 1;
            }
            calls
        }
        let ratio = Ratio::millionths(ratio);
        let policy = FailureRatio::over_calls(window, ratio).minimum_calls(minimum);
        prop_assert_eq!(calls_until_open(policy), minimum.clamp(1, window));
        let policy = FailureRatio::over_time(SECOND, ratio).minimum_calls(minimum);
        prop_assert_eq!(calls_until_open(policy), minimum.max(1));
        prop_assert_eq!(calls_until_open(ConsecutiveFailures::new(minimum)), minimum.max(1));
    }
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
