//! The breakers, ours and recloser's.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use oxkit_circuitbreaker::{
    Breaker, Circuit, ConsecutiveFailures, FailureRatio, Policy, Ratio, SlowCallRatio, Verdict,
};
use oxkit_core::Context;
use recloser::Recloser;

use super::{
    CLOCK, IN_A_ROW, KEYED, NOTHING, OF_CALLS, OF_TIME, RECLOSER, RECLOSER_REFUSED, REFUSED, SLOW,
};
use crate::harness::compare::{Work, often};

/// How many keys are asked for in turn.
const KEYS: u32 = 1000;
const HALF: Ratio = Ratio::percent(50);
const HOUR: Duration = Duration::from_secs(3600);

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

fn call<P: Policy>(circuit: &Circuit<P>) {
    let permit = circuit.begin(now).expect("it is closed");
    circuit.end(black_box(permit), black_box(Verdict::Success), now);
}

fn closed<P: Policy>(policy: P) -> Work {
    let circuit = Breaker::builder(policy).circuit(now());
    often(move |_| call(&circuit))
}

pub(super) fn all() -> Vec<(&'static str, Work)> {
    let open = Breaker::builder(ConsecutiveFailures::new(1)).open_for(HOUR).circuit(now());
    let permit = open.begin(now).expect("it is closed");
    open.end(permit, Verdict::Failure, now);
    let keyed = Breaker::builder(ConsecutiveFailures::default())
        .keyed(4 * KEYS as usize, |_: &Context, key: &u32| *key);

    // Its window of closed calls is 100 by default, its share a half.
    let theirs = Recloser::default();
    let down = Recloser::custom().closed_len(1).open_wait(HOUR).build();
    for _ in 0..2 {
        // What it says is what is called wrong.
        let _ = down.call(|| Err::<(), ()>(()));
    }
    assert!(down.call(|| Ok::<(), ()>(())).is_err(), "it is open");

    vec![
        (NOTHING, often(|call| call)),
        (CLOCK, often(|_| now())),
        (IN_A_ROW, closed(ConsecutiveFailures::default())),
        (OF_CALLS, closed(FailureRatio::over_calls(100, HALF))),
        (OF_TIME, closed(FailureRatio::over_time(Duration::from_secs(10), HALF))),
        (SLOW, closed(SlowCallRatio::over_calls(100, HALF, HOUR))),
        (KEYED, often(move |key| call(&keyed.circuit(&(key % KEYS))))),
        (REFUSED, often(move |_| open.begin(now).is_err())),
        (RECLOSER, often(move |call| theirs.call(|| black_box(Ok::<u32, u32>(call))).is_ok())),
        (RECLOSER_REFUSED, often(move |call| down.call(|| Ok::<u32, u32>(call)).is_err())),
    ]
}
