//! Failures as error objects, and codecs of one's own.

use std::{error::Error as StdError, fmt, time::Duration};

use oxkit_core::{Context, ErrorKind, Failure, Reason, Refusal, endpoint_fn};
use oxkit_transport_http::jsonrpc::{Error, Params, RawValue, Server, codes};
use serde_json::{Value, json};

use crate::support::{post, text};

async fn call(server: &Server, params: &str) -> Value {
    let body = format!(r#"{{"jsonrpc":"2.0","method":"m","params":{params},"id":1}}"#);
    let response = server.handle(post(body)).await;
    assert_eq!(response.status(), 200);
    serde_json::from_str(&text(response).await).unwrap()
}

async fn error_of(server: Server) -> Value {
    call(&server, "[]").await["error"].clone()
}

fn failing<F: Failure + From<Refusal>>(fail: fn() -> F) -> Server {
    let endpoint = endpoint_fn(move |_: Context, _: Vec<u8>| async move { Err::<(), F>(fail()) });
    Server::new().method("m", endpoint)
}

#[tokio::test]
async fn the_exact_kind_and_the_advice_travel_in_the_data() {
    let error = error_of(failing(|| {
        Refusal::new(Reason::Overloaded).with_retry_after(Duration::from_millis(1500))
    }))
    .await;
    let data = json!({"kind": "UNAVAILABLE", "retryAfterMs": 1500});
    let message = "too many requests in flight";
    assert_eq!(error, json!({"code": -32603, "message": message, "data": data}));
}

#[tokio::test]
async fn the_answer_to_a_failed_call_has_the_headers_of_a_failure() {
    let server =
        failing(|| Refusal::new(Reason::RateLimited).with_retry_after(Duration::from_millis(1500)));
    let call = r#"{"jsonrpc":"2.0","method":"m","id":1}"#;
    let response = server.handle(post(call)).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["x-error-kind"], "RESOURCE_EXHAUSTED");
    assert_eq!(response.headers()["retry-after"], "2");
}

#[tokio::test]
async fn kinds_that_have_a_code_of_their_own_get_it() {
    let error = error_of(failing(|| Refusal::of_kind(ErrorKind::InvalidArgument, "no"))).await;
    assert_eq!(error, json!({"code": -32602, "message": "no"}));
    let error = error_of(failing(|| Refusal::of_kind(ErrorKind::Unimplemented, "no"))).await;
    assert_eq!(error, json!({"code": -32601, "message": "no"}));
}

#[tokio::test]
async fn the_text_of_an_internal_error_stays_inside() {
    let error = error_of(failing(|| Refusal::of_kind(ErrorKind::Internal, "secret"))).await;
    assert_eq!(error, json!({"code": -32603, "message": "internal error"}));
}

#[derive(Debug)]
struct OutOfStock(Error);

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of stock")
    }
}

impl StdError for OutOfStock {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

impl Failure for OutOfStock {
    fn kind(&self) -> ErrorKind {
        ErrorKind::FailedPrecondition
    }
}

impl From<Refusal> for OutOfStock {
    fn from(refusal: Refusal) -> Self {
        Self(refusal.into())
    }
}

#[tokio::test]
async fn an_error_gives_its_own_code_wherever_it_is_in_the_chain() {
    let error = error_of(failing(|| Error::new(-32050, "none left").with_data(["sku", "7"]))).await;
    assert_eq!(error, json!({"code": -32050, "message": "none left", "data": ["sku", "7"]}));

    let error = error_of(failing(|| OutOfStock(Error::new(-32050, "none left")))).await;
    let data = json!({"kind": "FAILED_PRECONDITION"});
    assert_eq!(error, json!({"code": -32050, "message": "none left", "data": data}));
}

#[tokio::test]
async fn a_business_error_in_the_response_is_an_error_object() {
    let endpoint = endpoint_fn(async |_: Context, (id,): (u32,)| {
        Ok::<_, Refusal>(if id == 7 {
            Ok(id)
        } else {
            Err(Refusal::of_kind(ErrorKind::NotFound, format!("no todo {id}")))
        })
    });
    let server = Server::new().method_result("m", endpoint);
    assert_eq!(call(&server, "[7]").await["result"], 7);
    let error = json!({"code": -32603, "message": "no todo 8", "data": {"kind": "NOT_FOUND"}});
    assert_eq!(call(&server, "[8]").await["error"], error);
}

#[tokio::test]
async fn a_decoder_gets_raw_parameters_and_an_encoder_gives_a_raw_result() {
    fn decode(_: &Context, params: Params<'_>) -> Result<String, Refusal> {
        match params.raw() {
            Some(raw) => Ok(raw.to_owned()),
            None => Err(Refusal::of_kind(ErrorKind::Unauthenticated, "who are you?")),
        }
    }
    let encode = |_: &Context, text: String| {
        RawValue::from_string(text)
            .map_err(|error| Error::new(codes::INTERNAL_ERROR, error.to_string()))
    };
    let echo = endpoint_fn(async |_: Context, text: String| Ok::<_, Refusal>(text));
    let server = Server::new().method_with("m", decode, encode, echo);

    let body = r#"{"jsonrpc":"2.0","method":"m","params":{"n": 1.50},"id":1}"#;
    let answer = text(server.handle(post(body)).await).await;
    assert_eq!(answer, "{\"jsonrpc\":\"2.0\",\"result\":{\"n\": 1.50},\"id\":1}\n");

    let error = call(&server, "null").await["error"].clone();
    let data = json!({"kind": "UNAUTHENTICATED"});
    assert_eq!(error, json!({"code": -32603, "message": "who are you?", "data": data}));
}

#[tokio::test]
async fn a_result_that_cannot_be_json_is_an_internal_error() {
    let endpoint = endpoint_fn(async |_: Context, (): ()| {
        let texts_only = std::collections::BTreeMap::from([((1, 2), 3)]);
        Ok::<_, Refusal>(texts_only)
    });
    let error = call(&Server::new().method("m", endpoint), "null").await["error"].clone();
    assert_eq!(error, json!({"code": -32603, "message": "internal error"}));
}

fn panics(make: impl FnOnce() -> Server + std::panic::UnwindSafe) -> String {
    let payload = std::panic::catch_unwind(|| drop(make())).unwrap_err();
    oxkit_core::future::Panic::new(payload).message().to_owned()
}

#[test]
fn a_method_that_cannot_be_meant_is_refused_when_it_is_added() {
    let ok = || endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(()));
    let twice = panics(|| Server::new().method("m", ok()).method("m", ok()));
    assert_eq!(twice, "there is a method `m` already");
    let result = endpoint_fn(async |_: Context, (): ()| Ok::<Result<(), Error>, Refusal>(Ok(())));
    let wrong = panics(|| Server::new().method("m", result));
    assert!(wrong.contains("use `method_result`"), "{wrong}");
}
