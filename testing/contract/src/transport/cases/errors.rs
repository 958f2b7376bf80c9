//! A failure means the same on both sides.

use std::time::Duration;

use oxkit_core::{Context, Endpoint, ErrorKind, Failure};

use crate::{
    DomainError,
    transport::{
        Transport,
        world::{World, soon},
    },
};

async fn fails_with_every_kind(transport: &impl Transport, word: &str) {
    let mut world = World::new(transport).await;
    for kind in ErrorKind::ALL {
        let error = world.call(&format!("{word} {kind}")).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert_eq!(error.to_string(), DomainError::Of(kind).public_message(), "{kind}");
        assert_eq!(error.retry_after(), None, "{kind}");
        world.ended(("Answered", Some(kind)), ("Failed", Some(kind))).await;
    }
    world.end().await;
}

/// Each kind arrives as itself, with its public text.
pub async fn every_kind_comes_back(transport: &impl Transport) {
    fails_with_every_kind(transport, "fail").await;
}

/// From the outside both styles of error are one.
pub async fn a_business_error_in_the_response_comes_back_alike(transport: &impl Transport) {
    fails_with_every_kind(transport, "refuse").await;
}

/// Nobody is told to come back too early, and at most a second late.
pub async fn advice_when_to_try_again_comes_back(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    for given in [1, 1_250, 3_000, 86_400_000] {
        let error = world.call(&format!("later {given}")).await.unwrap_err();
        let kind = Some(ErrorKind::ResourceExhausted);
        assert_eq!(Some(error.kind()), kind, "{error}");
        let given = Duration::from_millis(given);
        let told = error.retry_after().expect("advice");
        assert!(given <= told && told < given + Duration::from_secs(1), "{given:?}: {told:?}");
        world.ended(("Answered", kind), ("Failed", kind)).await;
    }
    world.end().await;
}

/// Where nobody listens a call fails soon, and may be tried elsewhere.
pub async fn a_server_that_is_not_there_is_unavailable(transport: &impl Transport) {
    let world = World::new(transport).await;
    let client = world.client.clone();
    let mut stopping = world.stop().await;
    let error = soon(client.call(Context::new(), "hello".to_owned())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    let end = stopping.client_end().await;
    assert_eq!(end, ("Failed".to_owned(), Some(ErrorKind::Unavailable)));
    drop(client);
    stopping.end().await;
}
