//! JSON-RPC on a socket: what is answered by HTTP, and that the next request is served.

use oxkit_core::{Refusal, endpoint_fn};
use oxkit_transport_http::{Problem, Router, jsonrpc::Server};

use crate::support::{Wire, start};

fn server() -> Server {
    let sum = endpoint_fn(async |_cx, n: Vec<i64>| Ok::<_, Refusal>(n.iter().sum::<i64>()));
    Server::new().method("sum", sum).body_limit(1024)
}

async fn connect() -> Wire {
    Wire::connect(start(Router::new().any("/rpc", server())).await).await
}

const CALL: &str = r#"{"jsonrpc":"2.0","method":"sum","params":[1,2],"id":1}"#;
const ANSWER: &str = "{\"jsonrpc\":\"2.0\",\"result\":3,\"id\":1}\n";

async fn still_serves(wire: &mut Wire) {
    let answer = wire.post("/rpc", CALL).await;
    assert_eq!((answer.status, &*answer.body), (200, ANSWER));
    assert_eq!(answer.header("content-length"), Some(&*ANSWER.len().to_string()));
}

#[tokio::test]
async fn another_method_than_post_is_405_as_go_kit_says_it() {
    let mut wire = connect().await;
    let answer = wire.get("/rpc").await;
    assert_eq!((answer.status, &*answer.body), (405, "405 must POST\n"));
    assert_eq!(answer.header("allow"), Some("POST"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    still_serves(&mut wire).await;
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() {
    let mut wire = connect().await;
    let answer = wire.post("/rpc", format!("[{}1]", "1,".repeat(600))).await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("larger than 1024 bytes"), "{answer:?}");
    still_serves(&mut wire).await;
}

#[tokio::test]
async fn what_is_no_json_is_answered_as_json_rpc_and_the_connection_lives() {
    let mut wire = connect().await;
    for body in [&b""[..], b"{", b"\"\xff\xfe\"", b"{\"jsonrpc\":\"2.0\"} x", &b"[".repeat(1000)] {
        let answer = wire.post("/rpc", body).await;
        assert_eq!(answer.status, 200, "{body:?}");
        let start =
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"JSON could not be decoded: "#;
        assert!(answer.body.starts_with(start), "{body:?}: {answer:?}");
        assert!(answer.body.ends_with("},\"id\":null}\n"), "{body:?}: {answer:?}");
        still_serves(&mut wire).await;
    }
}

#[tokio::test]
async fn notifications_are_answered_with_204_and_nothing() {
    let mut wire = connect().await;
    let one = r#"{"jsonrpc":"2.0","method":"sum","params":[1]}"#;
    for body in [one.to_owned(), format!("[{one},{one}]")] {
        let answer = wire.post("/rpc", body).await;
        assert_eq!((answer.status, &*answer.body), (204, ""));
        assert_eq!(answer.header("content-type"), None);
        still_serves(&mut wire).await;
    }
}

#[tokio::test]
async fn what_is_about_the_request_as_a_whole_takes_the_form_asked_for() {
    let server = server().errors(Problem).require_json();
    let mut wire = Wire::connect(start(server).await).await;
    let answer = wire.post("/", CALL).await;
    assert_eq!(answer.status, 415);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));

    wire.send(
        "POST / HTTP/1.1\r\nhost: test\r\ncontent-length: 2\r\n\
         content-type: application/json\r\n\r\n[]",
    )
    .await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("-32600"), "{answer:?}");
}

#[tokio::test]
async fn mounts_as_a_tower_service() {
    use tower::ServiceExt;

    let request = http::Request::post("/").body(http_body_util::Full::from(CALL)).unwrap();
    let response = server().oneshot(request).await.unwrap();
    assert_eq!(crate::support::text(response).await, ANSWER);
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn mounts_as_an_axum_handler() {
    use tower::ServiceExt;

    let app: axum::Router = axum::Router::new().route("/rpc", axum::routing::post(server()));
    let request = http::Request::post("/rpc").body(axum::body::Body::from(CALL)).unwrap();
    let response = app.oneshot(request).await.unwrap().map(oxkit_transport_http::Body::new);
    assert_eq!(crate::support::text(response).await, ANSWER);
}

const fn is_send<T: Send>(_: &T) {}

#[test]
fn the_future_of_a_request_is_send() {
    let server = server();
    is_send(&server.handle(crate::support::post("")));
}
