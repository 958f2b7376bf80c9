//! JSON as Go kit reads and writes it, byte for byte, and with its length.

use std::collections::BTreeMap;

use http::{HeaderValue, Request, StatusCode, header};
use http_body::Body as _;
use oxkit_core::{Context, Refusal, endpoint_fn};
use oxkit_transport_http::{JsonCodec, Reply, Router, Server, decode_nothing};
use serde::{Deserialize, Serialize};

use crate::support::{Wire, post, start, text};

#[derive(Deserialize)]
pub(crate) struct Text {
    s: String,
}

#[derive(Serialize)]
pub(crate) struct Upper {
    v: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    err: Option<String>,
}

pub(crate) async fn uppercase(_: Context, Text { s }: Text) -> Result<Upper, Refusal> {
    Ok(Upper { err: s.is_empty().then(|| "empty string".to_owned()), v: s.to_uppercase() })
}

#[tokio::test]
async fn the_string_service_answers_the_bytes_go_kit_answers() {
    let router = Router::new().post("/uppercase", Server::json(endpoint_fn(uppercase)));
    let mut wire = Wire::connect(start(router).await).await;
    // As `curl -d` sends it.
    wire.send(
        "POST /uppercase HTTP/1.1\r\nHost: localhost:8080\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\
         Content-Length: 20\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n\
         {\"s\":\"hello, world\"}",
    )
    .await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(answer.header("content-length"), Some("21"));
    assert_eq!(answer.body, "{\"v\":\"HELLO, WORLD\"}\n");

    let empty = wire.post("/uppercase", r#"{"s":""}"#).await;
    assert_eq!((empty.status, &*empty.body), (200, "{\"v\":\"\",\"err\":\"empty string\"}\n"));
}

#[tokio::test]
async fn nothing_is_null_and_a_newline() {
    let server = Server::new(
        endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(())),
        decode_nothing,
        JsonCodec,
    );
    assert_eq!(text(server.handle(post("")).await).await, "null\n");
}

#[tokio::test]
async fn a_reply_sets_status_and_headers_and_204_has_no_body() {
    let endpoint = endpoint_fn(async |_cx, status: u16| {
        let status = StatusCode::from_u16(status).unwrap_or_default();
        Ok::<_, Refusal>(
            Reply::new("made")
                .with_status(status)
                .with_header(header::LOCATION, HeaderValue::from_static("/7"))
                .with_header(header::SET_COOKIE, HeaderValue::from_static("a=1"))
                .with_header(header::SET_COOKIE, HeaderValue::from_static("b=2")),
        )
    });
    let router = Router::new().post("/", Server::json(endpoint));
    let mut wire = Wire::connect(start(router).await).await;

    let created = wire.post("/", "201").await;
    assert_eq!((created.status, &*created.body), (201, "\"made\"\n"));
    assert_eq!(created.header("location"), Some("/7"));
    assert_eq!(created.headers["set-cookie"], ["a=1", "b=2"]);

    let nothing = wire.post("/", "204").await;
    assert_eq!((nothing.status, &*nothing.body), (204, ""));
    assert_eq!(nothing.header("content-type"), None);
    assert_eq!(nothing.header("location"), Some("/7"));
}

#[tokio::test]
async fn a_reply_keeps_a_content_type_of_its_own() {
    let endpoint = endpoint_fn(async |_cx, n: u32| {
        let json = HeaderValue::from_static("application/vnd.count+json");
        Ok::<_, Refusal>(Reply::new(n).with_header(header::CONTENT_TYPE, json))
    });
    let response = Server::json(endpoint).handle(post("7")).await;
    let types: Vec<_> = response.headers().get_all(header::CONTENT_TYPE).iter().collect();
    assert_eq!(types, ["application/vnd.count+json"]);
}

#[tokio::test]
async fn a_value_that_cannot_be_json_is_500_and_keeps_its_reason_inside() {
    let endpoint = endpoint_fn(async |_cx, n: u8| {
        Ok::<_, Refusal>(BTreeMap::from([((n, n), "a key that is no text")]))
    });
    let response = Server::json(endpoint).handle(post("7")).await;
    assert_eq!(response.status(), 500);
    assert_eq!(text(response).await, "internal error");
}

#[tokio::test]
async fn a_required_content_type_may_have_a_suffix_and_is_not_asked_of_no_body() {
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let server = Server::new(endpoint, decode_nothing, JsonCodec).require_json();
    let with = |kind: &'static str, body: &'static str| {
        Request::post("/").header(header::CONTENT_TYPE, kind).body(body.into()).unwrap()
    };
    for (request, status) in [
        (with("application/json", "1"), 200),
        (with("application/merge-patch+json", "1"), 200),
        (with("text/plain", "1"), 415),
        (post("1"), 415),
        (post(""), 200),
    ] {
        assert_eq!(server.handle(request).await.status(), status);
    }
}

#[tokio::test]
async fn the_length_of_an_answer_is_known() {
    let server = Server::json(endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n)));
    for request in ["41", "not a number"] {
        let response = server.handle(post(request)).await;
        assert!(response.body().size_hint().exact().is_some());
    }
}
