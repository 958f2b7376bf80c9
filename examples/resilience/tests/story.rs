//! What the story tells is what the layers promise.

use std::{ops::Range, sync::LazyLock, time::Duration};

use oxkit_circuitbreaker::State;
use resilience::{End, STORY, Second, Share, play};

static PLAYED: LazyLock<Vec<Second>> = LazyLock::new(|| play(&STORY, |_| {}));

/// The seconds of a phase.
fn of(phase: usize) -> Range<usize> {
    let before = STORY[..phase].iter().map(|phase| phase.seconds as usize).sum();
    before..before + STORY[phase].seconds as usize
}

const OVERLOAD: usize = 1;
const SLOW: usize = 3;
const DOWN: usize = 4;
const RECOVERED: usize = 5;

fn share(seconds: &[Second], of: fn(&Second) -> Share) -> f64 {
    let (ended, answered) = seconds
        .iter()
        .map(of)
        .fold((0, 0), |(ended, answered), share| (ended + share.ended, answered + share.answered));
    f64::from(answered) / f64::from(ended)
}

fn slowest(seconds: &[Second]) -> Option<Duration> {
    seconds.iter().filter_map(|second| second.p99).max()
}

#[test]
fn it_comes_out_the_same_each_time() {
    assert_eq!(*PLAYED, play(&STORY, |_| {}));
}

#[test]
fn every_call_ends_once() {
    let seconds = &*PLAYED;
    let offered: u32 = seconds.iter().map(|second| second.offered).sum();
    let ended: u32 = seconds.iter().flat_map(|second| second.ends).sum();
    let by_caller: u32 = seconds.iter().map(|s| s.users.ended + s.batch.ended).sum();
    let in_flight = seconds.last().map_or(0, |second| second.in_flight);
    assert_eq!(offered as usize, ended as usize + in_flight);
    assert_eq!(ended, by_caller);
}

#[test]
fn while_all_is_well_the_layers_are_not_seen() {
    for second in &PLAYED[of(0)] {
        assert_eq!(second.ended(End::Answered), second.ends.iter().sum());
        assert_eq!((second.breaker, second.changes.len()), (State::Closed, 0));
    }
}

#[test]
fn under_overload_users_are_served_quickly_and_the_backend_is_kept_busy() {
    let seconds = &PLAYED[of(OVERLOAD)];
    assert!(share(seconds, |s| s.users) > 0.99);
    assert!(share(seconds, |s| s.batch) < 0.5);
    assert!(slowest(seconds) < Some(Duration::from_millis(200)));
    for second in seconds {
        let (answered, limited) = (second.ended(End::Answered), second.ended(End::Limited));
        assert!(f64::from(answered) > 0.9 * STORY[OVERLOAD].backend.capacity(), "{second:?}");
        // 200 a second and what is left of a burst of 20; users are below theirs.
        assert!(second.batch.ended - limited <= 220, "{second:?}");
        assert_eq!(second.ended(End::Failed), 0, "{second:?}");
    }
}

#[test]
fn while_the_backend_is_slow_the_batch_job_makes_room_and_nobody_waits_for_long() {
    let seconds = &PLAYED[of(SLOW)];
    assert!(share(seconds, |s| s.users) > 0.75);
    assert!(share(seconds, |s| s.batch) < 0.1);
    assert!(slowest(seconds) < Some(Duration::from_millis(700)));
    assert!(seconds.iter().all(|second| second.ended(End::Failed) == 0));
    let (first, last) = (&seconds[0], &seconds[seconds.len() - 1]);
    assert!(last.limit < first.limit && last.p99 < first.p99, "the limit finds its height");
}

#[test]
fn while_the_backend_is_down_the_breaker_leaves_it_alone_and_probes() {
    let seconds = &PLAYED[of(DOWN)];
    let opens = seconds.iter().position(|second| second.breaker == State::Open);
    let opens = opens.expect("it opens");
    assert!(opens <= 2, "in second {opens}");
    for second in &seconds[opens + 1..] {
        assert!(second.reached <= 3, "more than the probes: {second:?}");
        assert_eq!(second.ended(End::Answered), 0);
    }
    let probes = seconds.iter().flat_map(|s| &s.changes).filter(|(_, to)| *to == State::HalfOpen);
    assert!(probes.count() >= 2);
}

#[test]
fn once_the_backend_is_back_all_is_as_before_within_seconds() {
    let seconds = &PLAYED[of(RECOVERED)];
    let closes = seconds.iter().position(|second| second.breaker == State::Closed);
    let closes = closes.expect("it closes");
    assert!(closes <= 4, "three seconds open, and the probes: {closes}");
    for second in &seconds[closes + 3..] {
        assert_eq!(second.ended(End::Answered), second.ends.iter().sum(), "{second:?}");
    }
}
