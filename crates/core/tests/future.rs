//! A timer is armed only when it is needed; a panic is caught once, with its text.

use std::{
    cell::Cell,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use oxkit_core::future::{Elapsed, Panic, catch_panic, or_timer};

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Ready when the flag is up.
fn flag(up: &Cell<bool>) -> impl Future<Output = ()> + '_ {
    std::future::poll_fn(|_| if up.get() { Poll::Ready(()) } else { Poll::Pending })
}

#[test]
fn the_timer_is_armed_once_and_after_the_first_poll() {
    let (done, fired, armed) = (Cell::new(false), Cell::new(false), Cell::new(0));
    let mut call = pin!(or_timer(flag(&done), || {
        armed.set(armed.get() + 1);
        flag(&fired)
    }));
    assert_eq!(armed.get(), 0);
    assert!(poll(call.as_mut()).is_pending());
    assert!(poll(call.as_mut()).is_pending());
    assert_eq!(armed.get(), 1);
    fired.set(true);
    assert_eq!(poll(call.as_mut()), Poll::Ready(Err(Elapsed)));
}

#[test]
fn an_answer_wins_over_a_timer_that_fired_too() {
    let (done, fired) = (Cell::new(false), Cell::new(false));
    let mut call = pin!(or_timer(flag(&done), || flag(&fired)));
    assert!(poll(call.as_mut()).is_pending());
    done.set(true);
    fired.set(true);
    assert_eq!(poll(call.as_mut()), Poll::Ready(Ok(())));
}

#[test]
fn a_panic_is_caught_with_its_text_and_its_value() {
    fn caught(payload: Box<dyn std::any::Any + Send>) -> Panic {
        let panics = async { std::panic::resume_unwind(payload) };
        let Poll::Ready(Err::<(), _>(panic)) = poll(pin!(catch_panic(panics))) else {
            unreachable!("it panics at once")
        };
        panic
    }

    assert_eq!(caught(Box::new("literal")).message(), "literal");
    assert_eq!(caught(Box::new("owned".to_owned())).to_string(), "owned");
    let odd = caught(Box::new(7_u8));
    assert_eq!(odd.to_string(), "a value that is not a text");
    assert_eq!(odd.into_payload().downcast_ref::<u8>(), Some(&7));
}

#[test]
fn without_a_panic_nothing_changes() {
    assert!(matches!(poll(pin!(catch_panic(async { 3 }))), Poll::Ready(Ok(3))));
}
