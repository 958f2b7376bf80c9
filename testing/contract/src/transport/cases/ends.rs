//! However a call ends, nothing is left of it.

use oxkit_core::{Context, Endpoint, ErrorKind, Failure};

use super::ANSWERED;
use crate::transport::{
    Transport,
    world::{World, soon},
};

/// Dropping a call cancels it, as far as the endpoint.
pub async fn a_dropped_call_drops_the_endpoint(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    for _ in 0..10 {
        let call = world.begin("wait");
        soon(world.probe.started(1)).await;
        call.abort();
        assert!(soon(call).await.expect_err("it waits for ever").is_cancelled());
        let cancelled = Some(ErrorKind::Cancelled);
        world.ended(("Disconnected", cancelled), ("Dropped", cancelled)).await;
    }
    assert_eq!(world.call("still there").await.unwrap(), "still there");
    world.ended(ANSWERED, ANSWERED).await;
    world.end().await;
}

/// Serving ends, and loses nothing that had begun.
pub async fn a_server_that_stops_answers_what_is_in_flight_and_nothing_new(
    transport: &impl Transport,
) {
    let world = World::new(transport).await;
    let calls: Vec<_> = (0..10).map(|_| world.begin("wait")).collect();
    soon(world.probe.started(10)).await;
    let (client, probe) = (world.client.clone(), world.probe.clone());
    let mut stopping = world.stop().await;

    // On a connection that was used just now a call may still be served: the last ones.
    let refused = soon(async {
        loop {
            match client.call(Context::new(), "hello".to_owned()).await {
                Ok(_) => stopping.ends().await,
                Err(error) => break error,
            };
        }
    })
    .await;
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "{refused}");
    let end = stopping.client_end().await;
    assert_eq!(end, ("Failed".to_owned(), Some(ErrorKind::Unavailable)));

    assert_eq!(probe.in_flight(), 10);
    assert!(!stopping.has_ended(), "it waits for what is in flight");
    probe.open(10);
    for call in calls {
        assert_eq!(soon(call).await.expect("it does not panic").unwrap(), "");
        let answered = ("Answered".to_owned(), None);
        assert_eq!(stopping.ends().await, (answered.clone(), answered));
    }
    drop(client);
    stopping.end().await;
}

/// The caller is told that it was the server's fault, and nothing else.
pub async fn a_caught_panic_is_an_answer(transport: &impl Transport) {
    let mut world = World::with(transport, |service, _| service.catches_panics = true).await;
    let word = transport.differences().caught_panic;
    for request in ["panic", "panic later"] {
        let error = world.call(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert_eq!(error.to_string(), ErrorKind::Internal.description());
        let internal = Some(ErrorKind::Internal);
        world.ended((word, internal), ("Failed", internal)).await;
    }
    assert_eq!(world.call("still there").await.unwrap(), "still there");
    world.ended(ANSWERED, ANSWERED).await;
    world.end().await;
}

/// The call breaks off, and the next one is served.
pub async fn a_panic_that_is_not_caught_costs_its_call_alone(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let seen = transport.differences().panic;
    for request in ["panic", "panic later"] {
        let error = world.call(request).await.unwrap_err();
        assert_eq!(error.kind(), seen, "{error}");
        world.ended(("Panicked", Some(ErrorKind::Internal)), ("Failed", Some(seen))).await;
        assert_eq!(world.call("still there").await.unwrap(), "still there");
        world.ended(ANSWERED, ANSWERED).await;
    }
    world.end().await;
}

/// Neither the answer nor, where the call panics too, the process.
pub async fn a_finalizer_that_panics_takes_nothing_with_it(transport: &impl Transport) {
    let mut world = World::with(transport, |service, caller| {
        service.finalizer_panics = true;
        caller.finalizer_panics = true;
    })
    .await;
    let seen = transport.differences().panic;
    for _ in 0..2 {
        assert_eq!(world.call("hello").await.unwrap(), "hello");
        world.ended(ANSWERED, ANSWERED).await;
        world.call("panic later").await.unwrap_err();
        world.ended(("Panicked", Some(ErrorKind::Internal)), ("Failed", Some(seen))).await;
    }
    world.end().await;
}
