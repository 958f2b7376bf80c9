//! The panic boundary: a panic becomes an error, once, and its text goes to logs alone.

use std::{
    error::Error,
    panic::resume_unwind,
    sync::{Arc, Mutex},
};

use oxkit_core::{
    Context, Endpoint, ErrorKind, Failure, Layer, Reason, Refusal, endpoint_fn, future::Panic,
};
use oxkit_endpoint::CatchPanic;

use testing_contract::{Ask, DomainError, Probe};

const PANICKED: Result<u32, DomainError> = Err(DomainError::refused(Reason::Panicked));

#[tokio::test]
async fn a_panic_in_call_and_one_in_poll_are_errors_and_counted() {
    let boundary = CatchPanic::new();
    let endpoint = boundary.layer(Probe::new());
    for (before, ask) in (0..).zip([Ask::PanicInCall, Ask::PanicInPoll]) {
        assert_eq!(boundary.panics(), before);
        assert_eq!(endpoint.call(Context::new(), ask).await, PANICKED);
    }
    assert_eq!(endpoint.call(Context::new(), Ask::Answer(1)).await, Ok(1));
    assert_eq!(boundary.panics(), 2);
}

#[tokio::test]
async fn of_nested_boundaries_the_inner_one_counts() {
    let (outer, inner) = (CatchPanic::new(), CatchPanic::new());
    let endpoint = (outer.clone(), inner.clone()).layer(Probe::new());
    let result = endpoint.call(Context::new(), Ask::PanicInPoll).await;
    assert_eq!(result, PANICKED);
    assert_eq!((outer.panics(), inner.panics()), (0, 1));
}

#[tokio::test]
async fn one_boundary_counts_for_all_endpoints_made_with_it() {
    let boundary = CatchPanic::new();
    let (a, b) = (boundary.layer(Probe::new()), boundary.layer(Probe::new()));
    for endpoint in [&a, &b, &a.clone()] {
        let result = endpoint.call(Context::new(), Ask::PanicInPoll).await;
        assert_eq!(result, PANICKED);
    }
    assert_eq!(boundary.panics(), 3);
}

#[tokio::test]
async fn the_text_is_in_the_source_and_never_in_the_public_message() {
    let reported = Arc::new(Mutex::new(Vec::new()));
    let report = reported.clone();
    let endpoint = CatchPanic::on_panic(move |panic| {
        let mut reported = report.lock().expect("no panic while it is held");
        reported.push(panic.message().to_owned());
    })
    .layer(endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> {
        resume_unwind(Box::new("password is hunter2"))
    }));

    let error = endpoint.call(Context::new(), ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    for shown in [error.to_string(), error.public_message().into_owned()] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    let panic = error.source().and_then(|source| source.downcast_ref());
    assert_eq!(panic.map(Panic::message), Some("password is hunter2"));
    assert_eq!(*reported.lock().unwrap(), ["password is hunter2"]);
}
