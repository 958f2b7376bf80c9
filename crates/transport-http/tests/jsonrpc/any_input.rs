//! Whatever is sent, what comes back is well formed.

use oxkit_core::{Context, Refusal, endpoint_fn};
use oxkit_transport_http::{Body, jsonrpc::Server};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::support::{post, text};

fn server() -> Server {
    let any = endpoint_fn(async |_: Context, value: Value| Ok::<_, Refusal>(value));
    let sum = endpoint_fn(async |_: Context, n: Vec<i32>| Ok::<_, Refusal>(n.len()));
    Server::new().method("any", any).method("sum", sum).batch_limit(8)
}

fn answer(body: impl Into<Body>) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let response = server().handle(post(body)).await;
        (response.status().as_u16(), text(response).await)
    })
}

/// One answer: the version, the id, and either a result or an error of the right shape.
fn is_answer(answer: &Value) -> bool {
    let Some(members) = answer.as_object() else { return false };
    let id = matches!(members.get("id"), Some(Value::Null | Value::Number(_) | Value::String(_)));
    let outcome = match (members.get("result"), members.get("error")) {
        (Some(_), None) => true,
        (None, Some(error)) => {
            error["code"].is_i64() && error["message"].as_str().is_some_and(|m| !m.is_empty())
        }
        _ => false,
    };
    members.len() == 3 && members["jsonrpc"] == "2.0" && id && outcome
}

fn check(body: Vec<u8>) -> Result<(), TestCaseError> {
    let (status, text) = answer(body);
    if status == 204 {
        prop_assert_eq!(text, "");
        return Ok(());
    }
    prop_assert_eq!(status, 200);
    prop_assert!(text.ends_with('\n'));
    let parsed: Value = serde_json::from_str(&text).unwrap();
    match parsed.as_array() {
        Some(answers) => {
            prop_assert!(!answers.is_empty() && answers.iter().all(is_answer), "{}", text);
        }
        None => prop_assert!(is_answer(&parsed), "{}", text),
    }
    Ok(())
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(json!("2.0")),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let key = prop_oneof!["jsonrpc", "method", "params", "id", ".{0,4}"];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// Nearly a request: each member may be right, wrong or absent.
fn nearly() -> impl Strategy<Value = Value> {
    let member = |right: Value| prop_oneof![3 => Just(Some(right)), 1 => any_json().prop_map(Some), 1 => Just(None)];
    let method = prop_oneof![Just(json!("any")), Just(json!("sum")), Just(json!("none"))];
    (member(json!("2.0")), method.prop_flat_map(member), member(json!([1, 2])), member(json!(7)))
        .prop_map(|(version, method, params, id)| {
            let members =
                [("jsonrpc", version), ("method", method), ("params", params), ("id", id)];
            let present = members.into_iter().filter_map(|(k, v)| Some((k.to_owned(), v?)));
            Value::from(present.collect::<Map<_, _>>())
        })
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes: Vec<u8>) {
        check(bytes)?;
    }

    #[test]
    fn any_json_is_answered(value in any_json()) {
        check(value.to_string().into_bytes())?;
    }

    #[test]
    fn what_is_nearly_a_request_is_answered(value in nearly()) {
        check(value.to_string().into_bytes())?;
    }

    #[test]
    fn a_batch_of_what_is_nearly_requests_is_answered(
        values in prop::collection::vec(nearly(), 0..10),
    ) {
        check(Value::from(values).to_string().into_bytes())?;
    }

    #[test]
    fn a_request_cut_short_is_a_parse_error(cut in 0_usize..56) {
        let whole = r#"{"jsonrpc":"2.0","method":"any","params":{"a":[1]},"id":7}"#;
        let (status, text) = answer(whole[..cut].to_owned());
        prop_assert_eq!(status, 200);
        prop_assert!(text.contains("-32700"), "{}", text);
    }
}

#[test]
fn nesting_overflows_no_stack() {
    let deep = "[".repeat(500_000) + &"]".repeat(500_000);
    let params = format!(r#"{{"jsonrpc":"2.0","method":"any","params":{deep},"id":7}}"#);
    let (_, text) = answer(params);
    assert!(text.contains("-32602") && text.contains("recursion limit"), "{text}");
    let (_, text) = answer(deep.clone());
    assert!(text.contains("-32600"), "{text}");
    let (_, text) = answer(format!(r#"{{"id":{deep}}}"#));
    assert!(text.contains("-32600"), "{text}");
}

#[test]
fn a_huge_batch_is_refused_without_being_kept() {
    let (_, text) = answer(format!("[{}1]", "1,".repeat(1_000_000)));
    assert!(text.contains("the batch is longer than 8"), "{text}");
}

#[test]
fn a_huge_method_name_is_not_sent_back() {
    let name = "é".repeat(100_000);
    let (_, text) = answer(format!(r#"{{"jsonrpc":"2.0","method":"{name}","id":1}}"#));
    assert!(text.contains("-32601") && text.len() < 1000, "{}", text.len());
}
