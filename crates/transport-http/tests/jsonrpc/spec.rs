//! Every example of the JSON-RPC 2.0 specification, section 7, byte for byte but for the texts,
//! which are Go kit's where it has one.

use oxkit_core::{Refusal, endpoint_fn};
use oxkit_transport_http::jsonrpc::Server;
use serde::Deserialize;

use crate::support::{post, text};

#[derive(Deserialize)]
struct Subtract {
    minuend: i64,
    subtrahend: i64,
}

/// By position or by name: the derived implementation takes both.
fn server() -> Server {
    let subtract = endpoint_fn(async |_cx, s: Subtract| Ok::<_, Refusal>(s.minuend - s.subtrahend));
    let sum = endpoint_fn(async |_cx, n: Vec<i64>| Ok::<_, Refusal>(n.iter().sum::<i64>()));
    let get_data = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(("hello", 5)));
    let nothing = endpoint_fn(async |_cx, _: Vec<i64>| Ok::<_, Refusal>(()));
    Server::new()
        .method("subtract", subtract)
        .method("sum", sum)
        .method("get_data", get_data)
        .method("update", nothing)
        .method("notify_hello", nothing)
        .method("notify_sum", nothing)
}

async fn check(sent: &str, answered: &str) {
    let response = server().handle(post(sent.to_owned())).await;
    assert_eq!(response.status(), 200, "{sent}");
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    assert_eq!(text(response).await, format!("{answered}\n"), "{sent}");
}

async fn check_unanswered(sent: &str) {
    let response = server().handle(post(sent.to_owned())).await;
    assert_eq!(response.status(), 204, "{sent}");
    assert!(response.headers().get("content-type").is_none());
    assert_eq!(text(response).await, "", "{sent}");
}

#[tokio::test]
async fn rpc_call_with_positional_parameters() {
    check(
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
        r#"{"jsonrpc":"2.0","result":19,"id":1}"#,
    )
    .await;
    check(
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
        r#"{"jsonrpc":"2.0","result":-19,"id":2}"#,
    )
    .await;
}

#[tokio::test]
async fn rpc_call_with_named_parameters() {
    let answer = |id| format!(r#"{{"jsonrpc":"2.0","result":19,"id":{id}}}"#);
    check(
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
        &answer(3),
    )
    .await;
    check(
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
        &answer(4),
    )
    .await;
}

#[tokio::test]
async fn a_notification() {
    check_unanswered(r#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#).await;
    check_unanswered(r#"{"jsonrpc": "2.0", "method": "foobar"}"#).await;
}

#[tokio::test]
async fn rpc_call_of_non_existent_method() {
    check(
        r#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#,
        r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method foobar was not found."},"id":"1"}"#,
    )
    .await;
}

#[tokio::test]
async fn rpc_call_with_invalid_json() {
    check(
        r#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#,
        concat!(
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"JSON could not be decoded: "#,
            r#"expected `,` or `}` at line 1 column 40"},"id":null}"#,
        ),
    )
    .await;
}

#[tokio::test]
async fn rpc_call_with_invalid_request_object() {
    check(
        r#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#,
        concat!(
            r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: "#,
            r#"`method` must be a string"},"id":null}"#,
        ),
    )
    .await;
}

#[tokio::test]
async fn rpc_call_batch_invalid_json() {
    check(
        r#"[
            {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
            {"jsonrpc": "2.0", "method"
        ]"#,
        concat!(
            r#"{"jsonrpc":"2.0","error":{"code":-32700,"message":"JSON could not be decoded: "#,
            r#"expected `:` at line 4 column 9"},"id":null}"#,
        ),
    )
    .await;
}

#[tokio::test]
async fn rpc_call_with_an_empty_array() {
    check(
        "[]",
        concat!(
            r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: "#,
            r#"the batch is empty"},"id":null}"#,
        ),
    )
    .await;
}

/// What a batch answers to an element that is no object.
const NO_REQUEST: &str = concat!(
    r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: "#,
    r#"invalid type: integer `N`, expected an object at line 1 column 1"},"id":null}"#,
);

#[tokio::test]
async fn rpc_call_with_an_invalid_batch_but_not_empty() {
    check("[1]", &format!("[{}]", NO_REQUEST.replace('N', "1"))).await;
}

#[tokio::test]
async fn rpc_call_with_invalid_batch() {
    let answers = ["1", "2", "3"].map(|n| NO_REQUEST.replace('N', n)).join(",");
    check("[1,2,3]", &format!("[{answers}]")).await;
}

#[tokio::test]
async fn rpc_call_batch() {
    check(
        r#"[
            {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
            {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
            {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
            {"foo": "boo"},
            {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
            {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
        ]"#,
        concat!(
            "[",
            r#"{"jsonrpc":"2.0","result":7,"id":"1"},"#,
            r#"{"jsonrpc":"2.0","result":19,"id":"2"},"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request: "#,
            r#"`jsonrpc` must be \"2.0\""},"id":null},"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method foo.get was not found."},"id":"5"},"#,
            r#"{"jsonrpc":"2.0","result":["hello",5],"id":"9"}"#,
            "]",
        ),
    )
    .await;
}

#[tokio::test]
async fn rpc_call_batch_all_notifications() {
    check_unanswered(
        r#"[
            {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
            {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
        ]"#,
    )
    .await;
}

#[tokio::test]
async fn an_id_comes_back_as_it_was_sent() {
    for id in ["0", "1", "1.0", "-7", "1e2", "123456789012345678901234567890", r#""1""#, "null"] {
        check(
            &format!(r#"{{"jsonrpc":"2.0","method":"sum","params":[1],"id":{id}}}"#),
            &format!(r#"{{"jsonrpc":"2.0","result":1,"id":{id}}}"#),
        )
        .await;
    }
}
