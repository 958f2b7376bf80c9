//! How long a call may take is known on both sides.

use std::time::{Duration, Instant};

use oxkit_core::{Context, ErrorKind, Failure};

use super::ANSWERED;
use crate::transport::{
    Transport,
    world::{HOUR, World, soon},
};

const LATE: Option<ErrorKind> = Some(ErrorKind::DeadlineExceeded);

fn within(time: Duration) -> Context {
    Context::new().with_deadline(Instant::now() + time)
}

/// The deadline of the caller's context is that of the endpoint's.
pub async fn the_endpoint_sees_the_deadline_of_the_caller(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let left = world.call_with(within(HOUR / 2), "left").await.unwrap();
    let left: u64 = left.parse().expect("seconds");
    assert!((1_700..=1_800).contains(&left), "{left}");
    world.ended(ANSWERED, ANSWERED).await;
    world.end().await;
}

/// Neither side does anything for it.
pub async fn a_call_whose_time_has_passed_is_not_sent(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let error = world.call_with(within(Duration::ZERO), "hello").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    world.client_ended(("Failed", LATE)).await;
    assert_eq!(world.probe.calls(), 0);
    world.end().await;
}

/// The endpoint's future is dropped, and the finalizers are told once, whoever was first.
pub async fn the_caller_gives_up_at_its_deadline(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let error = world.call_with(within(Duration::from_millis(100)), "wait").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
    world.client_ended(("Failed", LATE)).await;
    let (word, kind) = world.at_server().await;
    let ends = [("Answered", LATE), ("Disconnected", Some(ErrorKind::Cancelled))];
    assert!(ends.contains(&(&*word, kind)), "{word} {kind:?}");
    world.end().await;
}

/// A caller that waits for ever is told that the server does not.
pub async fn the_server_gives_up_at_its_limit(transport: &impl Transport) {
    let limit = Duration::from_millis(50);
    let mut world = World::with(transport, |service, _| service.limit = limit).await;
    for cx in [Context::new(), within(HOUR)] {
        let error = soon(world.call_with(cx, "wait")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DeadlineExceeded, "{error}");
        world.ended(("Answered", LATE), ("Failed", LATE)).await;
    }
    world.end().await;
}
