//! How long a request may take: the server's limit, the caller's, and what the endpoint is told.

use std::time::Duration;

use http::Request;
use oxkit_core::{Context, Refusal, endpoint_fn};
use oxkit_transport_http::{Body, Ended, JsonCodec, Server, TIMEOUT_HEADER, decode_nothing};
use tokio::time::Instant;

use crate::support::{Journal, text};

fn asking(timeout: Option<&str>) -> Request<Body> {
    let mut request = Request::get("/");
    if let Some(timeout) = timeout {
        request = request.header(TIMEOUT_HEADER, timeout);
    }
    request.body(Body::empty()).unwrap()
}

/// Serves a call that would take for ever, and checks after how long it is given up.
async fn check(limit: Option<u64>, asked: Option<&str>, expected_ms: u128) {
    let endpoint =
        endpoint_fn(async |_cx, (): ()| std::future::pending::<Result<(), Refusal>>().await);
    let server = Server::new(endpoint, decode_nothing, JsonCodec);
    let server = match limit {
        Some(limit) => server.timeout(Duration::from_millis(limit)),
        None => server.without_timeout(),
    };
    let began = Instant::now();
    let response = server.handle(asking(asked)).await;
    assert_eq!(response.status(), 504, "{limit:?} {asked:?}");
    assert_eq!(response.headers()["x-error-kind"], "DEADLINE_EXCEEDED");
    assert_eq!(text(response).await, "deadline exceeded");
    assert_eq!(began.elapsed().as_millis(), expected_ms, "{limit:?} {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn the_earlier_of_the_servers_and_the_callers_limit_ends_the_call() {
    check(Some(5000), None, 5000).await;
    check(Some(5000), Some("100"), 100).await;
    check(Some(5000), Some("9000"), 5000).await;
    check(Some(5000), Some("soon"), 5000).await;
    check(None, Some("100"), 100).await;
    check(None, Some("99999999999999999999"), 86_400_000).await;
    check(Some(5000), Some("0"), 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_zero_answers_what_needs_no_waiting_and_refuses_the_rest() {
    for (limit, asked) in [(0, None), (5000, Some("0"))] {
        let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(true));
        let server = Server::new(endpoint, decode_nothing, JsonCodec);
        let server = server.timeout(Duration::from_millis(limit));
        assert_eq!(text(server.handle(asking(asked)).await).await, "true\n", "{limit} {asked:?}");
        check(Some(limit), asked, 0).await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_call_may_take_its_time() {
    let endpoint = endpoint_fn(async |cx: Context, (): ()| {
        tokio::time::sleep(Duration::from_secs(3600)).await;
        Ok::<_, Refusal>(cx.deadline().is_none())
    });
    let server = Server::new(endpoint, decode_nothing, JsonCodec).without_timeout();
    assert_eq!(text(server.handle(asking(None)).await).await, "true\n");
}

#[tokio::test(start_paused = true)]
async fn the_default_limit_is_thirty_seconds_and_the_endpoint_is_told() {
    let endpoint = endpoint_fn(async |cx: Context, (): ()| {
        let left = cx.arrival().and_then(|arrival| cx.remaining(arrival));
        Ok::<_, Refusal>(left.map(|left| left.as_millis()))
    });
    let server = Server::new(endpoint, decode_nothing, JsonCodec);
    assert_eq!(text(server.handle(asking(None)).await).await, "30000\n");
    assert_eq!(text(server.handle(asking(Some("250"))).await).await, "250\n");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_comes_is_given_up_too() {
    let journal = Journal::default();
    let end = journal.clone();
    let server = Server::json(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n))).finalize(
        move |_, report| end.write(format!("{:?} {:?}", report.ended(), report.status())),
    );
    let (_sender, never) = http_body_util::channel::Channel::<bytes::Bytes, std::io::Error>::new(1);
    let response = server.handle(Request::new(Body::new(never))).await;
    assert_eq!(response.status(), 504);
    text(response).await;
    assert_eq!(journal.read(), [format!("{:?} Some(504)", Ended::Answered)]);
}
