//! What a peer may get wrong: the right status, a body that says what it was, and the next request
//! on the same connection is served where the protocol allows.

use oxkit_core::{Refusal, endpoint_fn};
use oxkit_transport_http::{Router, Server};

use crate::{
    json::uppercase,
    support::{Wire, start},
};

fn router() -> Router {
    let uppercase = || Server::json(endpoint_fn(uppercase)).body_limit(1024);
    Router::new().post("/uppercase", uppercase()).post("/checked", uppercase().require_json())
}

async fn still_serves(wire: &mut Wire) {
    let answer = wire.post("/uppercase", r#"{"s":"hello"}"#).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, "{\"v\":\"HELLO\"}\n");
}

/// Sends a body, expects a status and a text, and then a good request on the same connection.
async fn check(path: &str, body: &[u8], status: u16, says: &str) {
    let mut wire = Wire::connect(start(router()).await).await;
    let answer = wire.post(path, body).await;
    assert_eq!(answer.status, status, "{body:?}: {answer:?}");
    assert!(answer.body.contains(says), "{body:?}: {answer:?}");
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    still_serves(&mut wire).await;
}

#[tokio::test]
async fn malformed_json_is_400_and_says_where() {
    check("/uppercase", b"{\"s\":", 400, "line 1 column 5").await;
    check("/uppercase", b"", 400, "empty").await;
    check("/uppercase", b"[1]", 400, "invalid JSON").await;
    check("/uppercase", br#"{"s":7}"#, 400, "expected a string").await;
    check("/uppercase", b"{}", 400, "missing field `s`").await;
}

#[tokio::test]
async fn what_follows_the_json_value_is_400() {
    check("/uppercase", br#"{"s":"a"} {"s":"b"}"#, 400, "trailing characters").await;
}

#[tokio::test]
async fn invalid_utf_8_in_json_is_400() {
    check("/uppercase", b"{\"s\":\"\xff\xfe\"}", 400, "invalid").await;
}

#[tokio::test]
async fn a_deeply_nested_value_is_400_and_overflows_no_stack() {
    check("/uppercase", &b"[".repeat(1000), 400, "invalid JSON").await;
}

#[tokio::test]
async fn a_content_type_that_is_not_json_is_415_where_it_is_checked() {
    check("/checked", br#"{"s":"hello"}"#, 415, "application/json").await;

    let mut wire = Wire::connect(start(router()).await).await;
    wire.send(
        "POST /checked HTTP/1.1\r\nhost: test\r\ncontent-length: 13\r\n\
         content-type: application/json; charset=utf-8\r\n\r\n{\"s\":\"hello\"}",
    )
    .await;
    assert_eq!(wire.answer().await.status, 200);
}

#[tokio::test]
async fn a_body_announced_too_large_is_413_before_it_is_sent() {
    let mut wire = Wire::connect(start(router()).await).await;
    wire.send("POST /uppercase HTTP/1.1\r\nhost: test\r\ncontent-length: 1025\r\n\r\n").await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("larger than 1024 bytes"), "{answer:?}");
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_taken() {
    let mut wire = Wire::connect(start(router()).await).await;
    let body = format!("{{\"s\":\"{}\"}}", "a".repeat(1024 - 8));
    assert_eq!(body.len(), 1024);
    assert_eq!(wire.post("/uppercase", body).await.status, 200);
}

#[tokio::test]
async fn a_chunked_body_that_grows_too_large_is_413() {
    let mut wire = Wire::connect(start(router()).await).await;
    wire.send("POST /uppercase HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n").await;
    let chunk = format!("200\r\n{}\r\n", "a".repeat(0x200));
    for _ in 0..3 {
        wire.send(&chunk).await;
    }
    let answer = wire.answer().await;
    assert_eq!(answer.status, 413);
    assert!(answer.body.contains("larger than 1024 bytes"), "{answer:?}");
}

#[tokio::test]
async fn a_chunked_body_within_the_limit_is_put_together() {
    let mut wire = Wire::connect(start(router()).await).await;
    wire.send("POST /uppercase HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n").await;
    for chunk in ["6\r\n{\"s\":\"\r\n", "3\r\nabc\r\n", "2\r\n\"}\r\n", "0\r\n\r\n"] {
        wire.send(chunk).await;
    }
    assert_eq!(wire.answer().await.body, "{\"v\":\"ABC\"}\n");
    still_serves(&mut wire).await;
}

#[tokio::test]
async fn a_truncated_chunked_body_is_400() {
    let mut wire = Wire::connect(start(router()).await).await;
    wire.send(
        "POST /uppercase HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n\
         20\r\n{\"s\":\"he",
    )
    .await;
    wire.finish().await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("could not be read to its end"), "{answer:?}");
    assert_eq!(wire.closed().await, b"");
}

#[tokio::test]
async fn a_chunk_of_no_size_is_400() {
    let mut wire = Wire::connect(start(router()).await).await;
    wire.send(
        "POST /uppercase HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n\
         zz\r\n{\"s\":\"hello\"}\r\n0\r\n\r\n",
    )
    .await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("could not be read to its end"), "{answer:?}");
}

#[tokio::test]
async fn an_unknown_path_is_404() {
    check("/nowhere", b"{}", 404, "nothing at this path").await;
}

#[tokio::test]
async fn a_method_that_is_not_allowed_is_405_with_those_that_are() {
    let mut wire = Wire::connect(start(router()).await).await;
    let answer = wire.get("/uppercase").await;
    assert_eq!(answer.status, 405);
    assert_eq!(answer.header("allow"), Some("POST"));
    assert_eq!(answer.body, "GET is not allowed here, only POST");
    still_serves(&mut wire).await;
}

#[tokio::test]
async fn bytes_that_are_no_http_are_400_and_the_server_lives() {
    let address = start(router()).await;
    let mut wire = Wire::connect(address).await;
    wire.send("\x16\x03\x01 this is no http\r\n\r\n").await;
    let rest = wire.closed().await;
    assert!(rest.starts_with(b"HTTP/1.1 400"), "{rest:?}");
    still_serves(&mut Wire::connect(address).await).await;
}

#[tokio::test]
async fn an_empty_body_is_null_where_null_will_do() {
    let optional = endpoint_fn(async |_cx, n: Option<u32>| Ok::<_, Refusal>(n));
    let nothing = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>("done"));
    let router = Router::new()
        .post("/optional", Server::json(optional))
        .post("/nothing", Server::json(nothing));
    let mut wire = Wire::connect(start(router).await).await;
    for (path, body, answered) in
        [("/optional", "", "null\n"), ("/optional", "7", "7\n"), ("/nothing", "", "\"done\"\n")]
    {
        let answer = wire.post(path, body).await;
        assert_eq!((answer.status, &*answer.body), (200, answered), "{path} {body:?}");
    }
    assert_eq!(wire.post("/nothing", " ").await.status, 400);
}

#[tokio::test]
async fn a_request_without_a_host_is_served_as_nothing_depends_on_it() {
    let mut wire = Wire::connect(start(router()).await).await;
    wire.send("POST /uppercase HTTP/1.1\r\ncontent-length: 13\r\n\r\n{\"s\":\"hello\"}").await;
    assert_eq!(wire.answer().await.status, 200);
    still_serves(&mut wire).await;
}
