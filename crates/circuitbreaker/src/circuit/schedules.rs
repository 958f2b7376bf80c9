//! What no schedule of calls, ends and time can bring about.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use proptest::prelude::*;

use super::*;
use crate::{Breaker, Builder, ConsecutiveFailures, FailureRatio, Ratio, SlowCallRatio};
use State::{Closed, ForcedClosed, ForcedOpen};
use Verdict::{Failure as Bad, Ignored, Success as Good};

const SECOND: Duration = Duration::from_secs(1);

/// What a schedule is made of.
#[derive(Debug, Clone, Copy)]
enum Event {
    Begin,
    /// Which of those in flight ends, and how.
    End(usize, Verdict),
    Millis(u16),
    /// Somebody forces it, or sets it free.
    Force(State),
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

/// The same, by somebody at the switch.
fn schedule_with_force() -> impl Strategy<Value = Vec<Event>> {
    let force = prop_oneof![Just(ForcedOpen), Just(ForcedClosed), Just(Closed)];
    let event = prop_oneof![
        8 => Just(Event::Begin),
        6 => (any::<usize>(), verdict()).prop_map(|(which, how)| Event::End(which, how)),
        2 => (0_u16..3_000).prop_map(Event::Millis),
        1 => force.prop_map(Event::Force),
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
                let begun = circuit.begin(|| now);
                match before {
                    Closed | ForcedClosed => assert!(begun.is_ok()),
                    ForcedOpen => assert!(begun.is_err()),
                    _ => {}
                }
                if let Ok(permit) = begun {
                    assert_eq!(permit.is_probe(), !matches!(before, Closed | ForcedClosed));
                    flying.push(permit);
                }
            }
            Event::End(which, verdict) if !flying.is_empty() => {
                let permit = flying.swap_remove(which % flying.len());
                circuit.end(permit, verdict, || now);
            }
            Event::End(..) => {}
            Event::Millis(millis) => now += Duration::from_millis(millis.into()),
            Event::Force(state) => {
                match state {
                    ForcedOpen => circuit.force_open(),
                    ForcedClosed => circuit.force_closed(),
                    _ => circuit.reset(),
                }
                assert_eq!(circuit.state(), state);
            }
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
    if matches!(circuit.state(), ForcedOpen | ForcedClosed) {
        // Nothing but this sets it free, however long one waits.
        now += 3600 * SECOND;
        assert_eq!(circuit.begin(|| now).is_ok(), circuit.state() == ForcedClosed);
        circuit.reset();
    }
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
    fn whoever_forces_it_is_obeyed_until_it_is_set_free(
        events in schedule_with_force(),
        probes in 1_usize..4,
    ) {
        always(Breaker::builder(ConsecutiveFailures::new(2)), probes, &events);
        let half = Ratio::percent(50);
        let time = FailureRatio::over_time(2 * SECOND, half).minimum_calls(3);
        always(Breaker::builder(time), probes, &events);
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
fn of_many_threads_that_come_at_once_exactly_as_many_as_there_are_probes_pass() {
    const THREADS: u32 = 8;
    for round in 0..200 {
        let probes = 1 + round % (THREADS - 1);
        let start = Instant::now();
        let circuit = Breaker::builder(ConsecutiveFailures::new(1)).probes(probes).circuit(start);
        let permit = circuit.begin(|| start).expect("it is closed");
        circuit.end(permit, Bad, || start);
        let later = start + 60 * SECOND;
        let gate = std::sync::Barrier::new(THREADS as usize);
        let come = || {
            gate.wait();
            circuit.begin(|| later).ok()
        };
        let permits: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(come)).collect();
            threads.into_iter().filter_map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(permits.len(), probes as usize);
        for permit in permits {
            circuit.end(permit, Good, || later);
        }
        assert_eq!(circuit.state(), Closed);
    }
}
