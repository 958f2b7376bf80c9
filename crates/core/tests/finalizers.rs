//! Finalizers are told in order, and none keeps the others from it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
};

use oxkit_core::Finalizers;

type Finalizer = dyn Fn(u8) + Send + Sync;

/// Says its name and what it is told.
fn says(name: &'static str, told: &Sender<(&'static str, u8)>) -> Arc<Finalizer> {
    let told = told.clone();
    Arc::new(move |n| told.send((name, n)).expect("the test listens"))
}

/// Panics with something that panics again when it is dropped.
fn bomb() -> Arc<Finalizer> {
    struct Again;

    impl Drop for Again {
        fn drop(&mut self) {
            resume_unwind(Box::new("again"));
        }
    }

    Arc::new(|_| resume_unwind(Box::new(Again)))
}

#[test]
fn each_is_told_in_the_order_in_which_they_were_added() {
    let (tell, told) = channel();
    let mut finalizers = Finalizers::new();
    assert!(finalizers.is_empty());
    finalizers.push(says("first", &tell));
    let before = finalizers.clone();
    finalizers.push(says("second", &tell));
    assert!(!finalizers.is_empty());

    finalizers.tell(|finalizer| finalizer(1));
    assert!(told.try_iter().eq([("first", 1), ("second", 1)]));
    before.tell(|finalizer| finalizer(2));
    assert!(told.try_iter().eq([("first", 2)]), "a clone is as it was");
}

#[test]
fn one_that_panics_ends_alone() {
    let (tell, told) = channel();
    let mut finalizers = Finalizers::new();
    finalizers.push(bomb());
    finalizers.push(says("next", &tell));
    finalizers.tell(|finalizer| finalizer(7));
    assert!(told.try_iter().eq([("next", 7)]));
}

#[test]
fn one_that_panics_while_a_panic_unwinds_does_not_end_the_process() {
    struct Call(Finalizers<Finalizer>);

    impl Drop for Call {
        fn drop(&mut self) {
            self.0.tell(|finalizer| finalizer(7));
        }
    }

    let (tell, told) = channel();
    let mut finalizers = Finalizers::new();
    finalizers.push(bomb());
    finalizers.push(says("next", &tell));
    let call = move || {
        let _call = Call(finalizers);
        resume_unwind(Box::new("first"));
    };
    let payload = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&"first"));
    assert!(told.try_iter().eq([("next", 7)]));
}
