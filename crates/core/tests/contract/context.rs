//! Contexts: what is derived, and what is not changed by it.

use std::time::{Duration, Instant};

use oxkit_core::{Context, Operation};

#[test]
fn deriving_leaves_the_original_as_it_was() {
    let now = Instant::now();
    let base = Context::received(now, Operation::new("svc", "Get")).with(1_u8);
    let derived =
        base.clone().with(2_u8).with("text").with_operation(Operation::new("other", "Put"));
    assert_eq!(base.get::<u8>(), Some(&1));
    assert_eq!(derived.get::<u8>(), Some(&2));
    assert_eq!(base.get::<&str>(), None);
    assert_eq!(base.operation(), Some(&Operation::new("svc", "Get")));
    assert_eq!(derived.operation(), Some(&Operation::new("other", "Put")));
    assert_eq!(derived.arrival(), Some(now));
}

#[test]
fn a_deadline_is_brought_forward_and_never_put_off() {
    let now = Instant::now();
    let second = Duration::from_secs(1);
    let cx = Context::new().with_deadline(now + 5 * second);
    assert_eq!(cx.clone().with_deadline(now + 9 * second).deadline(), Some(now + 5 * second));
    assert_eq!(cx.clone().with_deadline(now + second).deadline(), Some(now + second));
    assert_eq!(cx.clone().without_deadline().deadline(), None);
    assert!(!cx.is_expired(now));
    assert!(cx.is_expired(now + 5 * second));
    assert_eq!(cx.remaining(now + 9 * second), Some(Duration::ZERO));
    assert_eq!(Context::new().remaining(now), None);
}

#[test]
fn a_long_list_of_values_is_dropped_without_recursion() {
    let mut cx = Context::new();
    for n in 0..200_000_u32 {
        cx.insert(n);
    }
    let shared = cx.clone();
    drop(cx);
    assert_eq!(shared.get::<u32>(), Some(&199_999));
}

#[test]
fn an_outgoing_call_has_a_beginning_of_its_own_and_the_deadline_of_its_caller() {
    let now = Instant::now();
    let second = Duration::from_secs(1);
    let serving = Context::received(now, Operation::new("gateway", "Show"))
        .with_deadline(now + 5 * second)
        .with(7_u8);
    let calling = serving.clone().outgoing(now + second, Operation::new("todosvc", "List"));
    assert_eq!(calling.operation(), Some(&Operation::new("todosvc", "List")));
    assert_eq!(calling.arrival(), Some(now + second));
    assert_eq!(calling.deadline(), Some(now + 5 * second));
    assert_eq!(calling.get::<u8>(), Some(&7));
    assert_eq!(serving.operation(), Some(&Operation::new("gateway", "Show")));
    assert_eq!(serving.arrival(), Some(now));
}
