//! The beginning of an outbound call: the layers inside see the callee, those outside the caller.

use std::time::{Duration, Instant};

use oxkit_core::{
    Context, Endpoint, Idempotency, Layer, Operation, Refusal, RequestId, endpoint_fn,
};
use oxkit_endpoint::ForOperation;
use tokio::time::advance;

const SHOW: Operation = Operation::new("gateway", "Show");
const LIST: Operation =
    Operation::new("todosvc", "List").with_idempotency(Idempotency::NoSideEffects);
const GET: Operation = Operation::new("todosvc", "Get");

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Answers with the context it was called with.
fn seen() -> impl Endpoint<Request = (), Response = Context, Error = Refusal> {
    endpoint_fn(async |cx: Context, (): ()| Ok::<_, Refusal>(cx))
}

#[tokio::test(start_paused = true)]
async fn a_call_begins_when_it_is_made_and_is_for_the_operation_of_the_callee() {
    let arrival = now();
    let served = Context::received(arrival, SHOW)
        .with_deadline(arrival + Duration::from_secs(2))
        .with(RequestId::from("7f3a"));
    // What the handler did before it called.
    advance(Duration::from_millis(200)).await;

    let cx = ForOperation::new(LIST).layer(seen()).call(served.clone(), ()).await.unwrap();
    assert_eq!(cx.operation(), Some(&LIST));
    assert_eq!(cx.operation().map(Operation::idempotency), Some(Idempotency::NoSideEffects));
    assert_eq!(cx.arrival(), Some(arrival + Duration::from_millis(200)));
    assert_eq!(cx.deadline(), Some(arrival + Duration::from_secs(2)));
    assert_eq!(cx.get::<RequestId>().map(RequestId::as_str), Some("7f3a"));

    assert_eq!(served.operation(), Some(&SHOW));
    assert_eq!(served.arrival(), Some(arrival));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_request_being_served_begins_too_and_the_innermost_operation_holds() {
    let endpoint = (ForOperation::new(LIST), ForOperation::new(GET)).layer(seen());
    let cx = endpoint.call(Context::new(), ()).await.unwrap();
    assert_eq!(cx.operation(), Some(&GET));
    assert_eq!(cx.arrival(), Some(now()));
}
