//! Messages of every size pass, and many at once.

use oxkit_core::Failure;

use super::ANSWERED;
use crate::{
    AT_ONCE,
    transport::{
        Transport,
        world::{World, soon},
    },
};

/// A text comes back as it was sent, an empty one too.
pub async fn what_is_sent_comes_back(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    for sent in ["hello", "", " ", "\u{e9}\u{1f600}", "tab\t, \"quote\", \\, \0 and\r\nlines"] {
        assert_eq!(world.call(sent).await.unwrap(), sent);
        world.ended(ANSWERED, ANSWERED).await;
    }
    world.end().await;
}

/// A message may be larger than a frame and than a window.
pub async fn large_messages_pass(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    for length in [16_383, 65_535, 65_536, 1_000_000] {
        let sent = "x".repeat(length);
        assert_eq!(world.call(&sent).await.unwrap(), sent, "{length}");
        world.ended(ANSWERED, ANSWERED).await;
    }
    world.end().await;
}

/// Either side refuses what is larger than it allows, and goes on.
pub async fn a_message_over_the_limit_is_refused_and_the_next_is_served(
    transport: &impl Transport,
) {
    let mut world = World::with(transport, |service, caller| {
        service.message_limit = 10_000;
        caller.message_limit = 10_000;
    })
    .await;
    let kinds = transport.differences();
    let error = world.call(&"x".repeat(10_001)).await.unwrap_err();
    assert_eq!(error.kind(), kinds.large_request, "{error}");
    let kind = Some(kinds.large_request);
    world.ended(("Answered", kind), ("Failed", kind)).await;
    assert_eq!(world.probe.calls(), 0);

    let error = world.call("grow 10001").await.unwrap_err();
    assert_eq!(error.kind(), kinds.large_response, "{error}");
    // What the server is told depends on how far it had come.
    world.at_server().await;
    world.client_ended(("Failed", Some(kinds.large_response))).await;

    assert_eq!(world.call("grow 9000").await.unwrap().len(), 9000);
    world.ended(ANSWERED, ANSWERED).await;
    world.end().await;
}

/// None waits for another.
pub async fn a_hundred_calls_share_a_client(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let calls: Vec<_> = (0..AT_ONCE).map(|_| world.begin("wait")).collect();
    soon(world.probe.started(AT_ONCE)).await;
    assert_eq!(world.probe.in_flight(), AT_ONCE as usize);
    world.probe.open(AT_ONCE as usize);
    for call in calls {
        assert_eq!(soon(call).await.expect("it does not panic").unwrap(), "");
        world.ended(ANSWERED, ANSWERED).await;
    }
    world.end().await;
}
