//! What goes beside the messages: headers, and the identifier of a request.

use oxkit_core::{Context, ErrorKind, Failure, RequestId};

use super::ANSWERED;
use crate::transport::{Service, Tenant, Transport, world::World};

/// Hooks of either side write what hooks of the other read.
pub async fn headers_pass_both_ways(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    for tenant in ["acme", "with space", "100%"] {
        let cx = Context::new().with(Tenant(tenant.to_owned()));
        assert_eq!(world.call_with(cx, "tenant").await.unwrap(), tenant);
        assert_eq!(world.seen()[0].as_deref(), Some(Service::after().1));
        world.ended(ANSWERED, ANSWERED).await;
    }
    assert_eq!(world.call("tenant").await.unwrap(), "", "no header, no tenant");
    world.ended(ANSWERED, ANSWERED).await;
    world.end().await;
}

/// The endpoint never learns of a call that a before hook refuses.
pub async fn a_hook_refuses_a_call(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let cx = Context::new().with(Tenant("nobody".to_owned()));
    let error = world.call_with(cx, "hello").await.unwrap_err();
    let denied = Some(ErrorKind::PermissionDenied);
    assert_eq!((Some(error.kind()), &*error.to_string()), (denied, "not for nobody"));
    world.ended(("Answered", denied), ("Failed", denied)).await;
    assert_eq!(world.probe.calls(), 0);
    world.end().await;
}

/// The caller's identifier is the endpoint's, and comes back.
pub async fn an_identifier_is_passed_on_and_told(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let cx = Context::new().with(RequestId::from("7f3a-41"));
    assert_eq!(world.call_with(cx, "id").await.unwrap(), "7f3a-41");
    assert_eq!(world.seen()[1].as_deref(), Some("7f3a-41"));
    world.ended(ANSWERED, ANSWERED).await;
    world.end().await;
}

/// One that is not there, or is not fit for a line of a log, is made.
pub async fn a_call_without_a_good_identifier_gets_one(transport: &impl Transport) {
    let mut world = World::new(transport).await;
    let mut made = Vec::new();
    let long = "x".repeat(129);
    for sent in [None, None, Some("two words"), Some(&*long), Some("")] {
        let cx = match sent {
            Some(id) => Context::new().with(RequestId::from(id)),
            None => Context::new(),
        };
        let id = world.call_with(cx, "id").await.unwrap();
        assert_eq!(id.len(), 32, "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
        assert_eq!(world.seen()[1].as_ref(), Some(&id));
        assert!(!made.contains(&id), "{id}");
        made.push(id);
        world.ended(ANSWERED, ANSWERED).await;
    }
    world.end().await;
}
