//! The shared state under every interleaving of a few threads. Run by
//! `RUSTFLAGS="--cfg loom" cargo test --release --lib -p oxkit-circuitbreaker`.

use std::time::{Duration, Instant};

use loom::{sync::Arc, thread};

use super::*;
use crate::{Breaker, Builder, ConsecutiveFailures, FailureRatio, Ratio};

const SECOND: Duration = Duration::from_secs(1);

fn circuit<P: Policy>(builder: Builder<P>, now: Instant) -> Arc<Circuit<P>> {
    // One stripe: the threads of a model are one thread to the standard library.
    Arc::new(builder.open_for(SECOND).circuit_named("model".into(), now))
}

fn call<P: Policy>(circuit: &Circuit<P>, verdict: Verdict, now: Instant) -> bool {
    let permit = circuit.begin(|| now);
    permit.map(|permit| circuit.end(permit, verdict, || now)).is_ok()
}

/// Runs `body` in two threads, and in this one.
fn at_once<P: Policy, T: 'static>(
    circuit: &Arc<Circuit<P>>,
    body: impl Fn(&Circuit<P>) -> T + Copy + 'static,
) -> [T; 2] {
    let other = circuit.clone();
    let other = thread::spawn(move || body(&other));
    let mine = body(circuit);
    [mine, other.join().expect("it does not panic")]
}

#[test]
fn of_all_who_come_at_once_one_is_the_probe() {
    loom::model(|| {
        let start = Instant::now();
        let circuit = circuit(Breaker::builder(ConsecutiveFailures::new(1)), start);
        assert!(call(&circuit, Verdict::Failure, start));
        let permits = at_once(&circuit, move |circuit| circuit.begin(|| start + SECOND).ok());
        assert_eq!(permits.iter().flatten().count(), 1);
        for permit in permits.into_iter().flatten() {
            assert!(permit.is_probe());
            circuit.end(permit, Verdict::Success, || start + SECOND);
        }
        assert_eq!(circuit.state(), State::Closed);
    });
}

#[test]
fn a_row_opens_it_once_whoever_ends_it() {
    loom::model(|| {
        let start = Instant::now();
        let circuit = circuit(Breaker::builder(ConsecutiveFailures::new(2)), start);
        at_once(&circuit, move |circuit| call(circuit, Verdict::Failure, start));
        assert_eq!(circuit.state(), State::Open);
        assert_eq!(circuit.snapshot().number, 1);
        assert!(!call(&circuit, Verdict::Success, start));
    });
}

#[test]
fn a_good_call_and_a_bad_one_at_once_count_in_one_order_or_the_other() {
    loom::model(|| {
        let start = Instant::now();
        let circuit = circuit(Breaker::builder(ConsecutiveFailures::new(2)), start);
        assert!(call(&circuit, Verdict::Failure, start));
        let other = circuit.clone();
        let good = thread::spawn(move || call(&other, Verdict::Success, start));
        call(&circuit, Verdict::Failure, start);
        good.join().expect("it does not panic");
        let Snapshot { state, failures, .. } = circuit.snapshot();
        match state {
            State::Closed => assert!(failures <= 1),
            State::Open => {}
            state => unreachable!("{state}"),
        }
    });
}

#[test]
fn a_window_loses_no_call() {
    loom::model(|| {
        let start = Instant::now();
        let policy = FailureRatio::over_calls(10, Ratio::ALL).minimum_calls(10);
        let circuit = circuit(Breaker::builder(policy), start);
        at_once(&circuit, move |circuit| {
            call(circuit, Verdict::Success, start);
            call(circuit, Verdict::Failure, start);
        });
        let Snapshot { state, calls, failures, .. } = circuit.snapshot();
        assert_eq!((state, calls, failures), (State::Closed, 4, 2));
    });
}

#[test]
fn a_window_opens_it_when_the_failures_of_all_threads_are_enough() {
    loom::model(|| {
        let start = Instant::now();
        let policy = FailureRatio::over_calls(10, Ratio::ALL).minimum_calls(2);
        let circuit = circuit(Breaker::builder(policy), start);
        at_once(&circuit, move |circuit| call(circuit, Verdict::Failure, start));
        assert_eq!(circuit.state(), State::Open);
    });
}

#[test]
fn a_late_failure_does_not_open_what_has_closed_again() {
    fn check<P: Policy>(policy: impl Fn() -> P + Send + Sync + 'static) {
        loom::model(move || {
            let start = Instant::now();
            let circuit = circuit(Breaker::builder(policy()), start);
            let late = circuit.begin(|| start).expect("it is closed");
            let mine = circuit.begin(|| start).expect("it is closed");
            let other = circuit.clone();
            let end = thread::spawn(move || other.end(late, Verdict::Failure, || start));
            circuit.end(mine, Verdict::Failure, || start);
            call(&circuit, Verdict::Success, start + SECOND);
            end.join().expect("it does not panic");
            let Snapshot { state, failures, number, .. } = circuit.snapshot();
            match state {
                // Opened, half-open, closed: what was late is not counted.
                State::Closed => assert_eq!((failures, number), (0, 3)),
                // The late one was the one that opened it, after all else.
                State::Open => assert_eq!(number, 1),
                state => unreachable!("{state}"),
            }
        });
    }
    check(|| ConsecutiveFailures::new(1));
    check(|| FailureRatio::over_calls(10, Ratio::millionths(1)).minimum_calls(1));
}

#[test]
fn a_failure_counts_from_the_moment_it_can_be_seen_that_it_closed() {
    fn check<P: Policy>(policy: impl Fn() -> P + Send + Sync + 'static) {
        loom::model(move || {
            let start = Instant::now();
            let circuit = circuit(Breaker::builder(policy()), start);
            assert!(call(&circuit, Verdict::Failure, start));
            // Whoever is the probe says that all is well, and whoever comes after it that it is not.
            let failed = at_once(&circuit, move |circuit| {
                let later = || start + SECOND;
                let permit = circuit.begin(later).ok();
                let (probe, failed) = match &permit {
                    Some(permit) => (permit.is_probe(), !permit.is_probe()),
                    None => (false, false),
                };
                let verdict = if probe { Verdict::Success } else { Verdict::Failure };
                if let Some(permit) = permit {
                    circuit.end(permit, verdict, later);
                }
                failed
            });
            let expected = if failed.contains(&true) { State::Open } else { State::Closed };
            assert_eq!(circuit.state(), expected);
        });
    }
    check(|| ConsecutiveFailures::new(1));
    check(|| FailureRatio::over_calls(10, Ratio::millionths(1)).minimum_calls(1));
}

#[test]
fn a_probe_and_a_force_at_once_leave_it_forced() {
    loom::model(|| {
        let start = Instant::now();
        let circuit = circuit(Breaker::builder(ConsecutiveFailures::new(1)), start);
        assert!(call(&circuit, Verdict::Failure, start));
        let other = circuit.clone();
        let probe = thread::spawn(move || call(&other, Verdict::Success, start + SECOND));
        circuit.force_open();
        probe.join().expect("it does not panic");
        assert_eq!(circuit.state(), State::ForcedOpen);
    });
}
