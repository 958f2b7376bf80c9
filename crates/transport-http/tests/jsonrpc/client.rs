//! The client: what it sends, what it makes of answers good and bad, and against our server.

use std::time::Duration;

use http::Uri;
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Operation, Refusal, endpoint_fn};
use oxkit_transport_http::{
    ClientError, Pool,
    jsonrpc::{AutoIncrement, Call, Client, Error, RawValue, Server},
};
use serde_json::{Value, json};

use crate::{
    TestResult,
    raw::{answering, uri},
    support::{Journal, start},
};

async fn kinds() -> Uri {
    let fail = endpoint_fn(async |_: Context, (name,): (String,)| {
        let kind = name.parse::<ErrorKind>().unwrap();
        let after = Duration::from_millis(1234);
        Err::<(), _>(Refusal::of_kind(kind, format!("it was {name}")).with_retry_after(after))
    });
    let sum = endpoint_fn(async |_: Context, n: Vec<i64>| Ok::<_, Refusal>(n.iter().sum::<i64>()));
    let unit = endpoint_fn(async |_: Context, (): ()| Ok::<_, Refusal>(()));
    uri(start(Server::new().method("fail", fail).method("sum", sum).method("unit", unit)).await)
}

#[tokio::test]
async fn a_call_is_answered() -> TestResult {
    let (pool, uri) = (Pool::new(), kinds().await);
    let sum: Client<Vec<i64>, i64> = Client::new(&pool, uri.clone(), "sum");
    assert_eq!(sum.call(Context::new(), vec![1, 2, 3]).await?, 6);
    let unit: Client<(), ()> = Client::new(&pool, uri.clone(), "unit");
    unit.call(Context::new(), ()).await?;
    let told: Client<Vec<i64>, ()> = Client::notification(&pool, uri, "sum");
    told.call(Context::new(), vec![7]).await?;
    Ok(())
}

#[tokio::test]
async fn every_kind_of_failure_comes_back_with_its_advice() {
    let fail: Client<(String,), ()> = Client::new(&Pool::new(), kinds().await, "fail");
    for kind in ErrorKind::ALL {
        let error = fail.call(Context::new(), (kind.name().to_owned(),)).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(error.retry_after(), Some(Duration::from_millis(1234)));
        let text = if kind.is_confidential() {
            kind.description().to_owned()
        } else {
            format!("it was {kind}")
        };
        assert_eq!(error.to_string(), text);
        assert!(Error::received(&error).is_some());
        assert!(!error.is_malformed() && error.status().is_none());
    }
}

#[tokio::test]
async fn what_is_sent_is_a_post_of_known_length_and_ids_count_up() -> TestResult {
    let (uri, mut asks) =
        answering("200 OK", r#"{"jsonrpc":"2.0","error":{"code":1,"message":""},"id":null}"#).await;
    let pool = Pool::new();
    let mut sent = async |client: &Client<Value, Value>, params: Value| {
        client.call(Context::new(), params).await.unwrap_err();
        asks.recv().await.unwrap()
    };

    let client: Client<Value, Value> = Client::new(&pool, uri.clone(), "say \"hi\"");
    let asked = sent(&client, json!([1])).await;
    assert_eq!(asked.body, r#"{"jsonrpc":"2.0","method":"say \"hi\"","params":[1],"id":0}"#);
    assert!(asked.head.starts_with("post /rpc http/1.1\n"), "{}", asked.head);
    for header in ["content-type: application/json; charset=utf-8\n", "content-length: 59\n"] {
        assert!(asked.head.contains(header), "{}", asked.head);
    }
    let asked = sent(&client.clone(), Value::Null).await;
    assert_eq!(asked.body, r#"{"jsonrpc":"2.0","method":"say \"hi\"","id":1}"#);

    let ids = AutoIncrement::new(7);
    let [one, two] = ["a", "b"]
        .map(|method| Client::<Value, Value>::new(&pool, uri.clone(), method).ids(ids.clone()));
    assert!(sent(&one, json!({})).await.body.ends_with(r#""params":{},"id":7}"#));
    assert!(sent(&two, json!({})).await.body.ends_with(r#""params":{},"id":8}"#));
    let texts = two.ids(|| "x-1");
    assert!(sent(&texts, json!({})).await.body.ends_with(r#""id":"x-1"}"#));
    Ok(())
}

#[tokio::test]
async fn a_notification_has_no_id_and_takes_any_answer() -> TestResult {
    for (status, body) in [("204 No Content", ""), ("200 OK", ""), ("200 OK", "garbage")] {
        let (uri, mut asks) = answering(status, body).await;
        let told: Client<[u8; 1], ()> =
            Client::notification(&Pool::new(), uri, "m").ids(|| "unused");
        told.call(Context::new(), [1]).await?;
        let asked = asks.recv().await.unwrap();
        assert_eq!(asked.body, r#"{"jsonrpc":"2.0","method":"m","params":[1]}"#);
    }
    let (uri, _asks) = answering("503 Service Unavailable", "").await;
    let told: Client<[u8; 1], ()> = Client::notification(&Pool::new(), uri, "m");
    let error = told.call(Context::new(), [1]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    Ok(())
}

async fn answered(status: &'static str, body: &str) -> Result<u32, ClientError> {
    let (uri, _asks) = answering(status, body).await;
    let client: Client<(), u32> = Client::new(&Pool::new(), uri, "m");
    client.call(Context::new(), ()).await
}

#[tokio::test]
async fn an_answer_that_is_none_is_an_error_that_says_so() {
    for (body, says) in [
        (r#"{"jsonrpc":"2.0","result":1,"id":9}"#, "the answer is to call 9, not to 0"),
        (r#"{"result":1,"id":0}"#, "not of JSON-RPC 2.0"),
        (r#"{"jsonrpc":"2.0","result":1,"error":{"code":1},"id":0}"#, "both a result and an error"),
        (r#"{"jsonrpc":"2.0","id":0}"#, "neither"),
        (r#"{"jsonrpc":"2.0","result":"x","id":0}"#, "could not be decoded"),
        ("[]", "could not be decoded"),
        ("<html>", "could not be decoded"),
        ("", "the call was not answered"),
    ] {
        let error = answered("200 OK", body).await.unwrap_err();
        assert!(error.is_malformed(), "{body}: {error:?}");
        assert_eq!(error.kind(), ErrorKind::Internal);
        assert!(error.to_string().contains(says), "{body}: {error}");
        assert_eq!(Error::received(&error), None);
    }
    assert_eq!(answered("200 OK", r#"{"jsonrpc":"2.0","result":1,"id":0}"#).await.unwrap(), 1);
}

#[tokio::test]
async fn an_error_object_counts_whatever_the_status() {
    let body = r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no m"},"id":0}"#;
    for status in ["200 OK", "404 Not Found", "500 Internal Server Error"] {
        let error = answered(status, body).await.unwrap_err();
        assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::Unimplemented, "no m"));
        assert_eq!(Error::received(&error), Some(&Error::new(-32601, "no m")));
    }
    let error = answered("502 Bad Gateway", "{\"error\":\"gone\"}").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.status().map(|status| status.as_u16()), Some(502));
    assert_eq!(error.to_string(), "gone");
    let good = r#"{"jsonrpc":"2.0","result":1,"id":0}"#;
    let error = answered("500 Internal Server Error", good).await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(500));
}

#[tokio::test]
async fn what_a_server_received_from_another_is_not_its_own_answer() {
    let behind = kinds().await;
    let fail: Client<(String,), ()> = Client::new(&Pool::new(), behind, "fail");
    let front = uri(start(Server::new().method("through", fail)).await);
    let through: Client<(String,), ()> = Client::new(&Pool::new(), front, "through");

    let error = through.call(Context::new(), ("NOT_FOUND".to_owned(),)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let error = through.call(Context::new(), ("INTERNAL".to_owned(),)).await.unwrap_err();
    assert_eq!(
        Error::received(&error),
        Some(
            &Error::new(-32603, "internal error")
                .with_data(json!({"kind": "INTERNAL", "retryAfterMs": 1234}),)
        )
    );
}

#[tokio::test]
async fn a_single_value_is_no_parameters_and_is_not_sent() {
    let (uri, mut asks) = answering("200 OK", "").await;
    let client: Client<u32, u32> = Client::new(&Pool::new(), uri, "m");
    let error = client.call(Context::new(), 7).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
    assert!(error.to_string().contains("tuple of one"), "{error}");
    assert!(asks.try_recv().is_err());
}

#[tokio::test]
async fn a_codec_of_ones_own_sends_and_reads_raw_json() -> TestResult {
    let client = Client::with_codec(
        &Pool::new(),
        kinds().await,
        "sum",
        |n: i64| RawValue::from_string(format!("[ {n},1 ]")).map_err(|_| unreachable::<Error>()),
        |result: &RawValue| Ok::<_, Error>(result.get().to_owned()),
    );
    assert_eq!(client.call(Context::new(), 41).await?, "42");

    let fails = Client::with_codec(
        &Pool::new(),
        kinds().await,
        "sum",
        |(): ()| Err::<Box<RawValue>, _>(Refusal::of_kind(ErrorKind::OutOfRange, "too many")),
        |_: &RawValue| Ok::<_, Error>(()),
    );
    let error = fails.call(Context::new(), ()).await.unwrap_err();
    assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::OutOfRange, "too many"));
    Ok(())
}

fn unreachable<T>() -> T {
    unreachable!("the text is JSON")
}

#[tokio::test]
async fn hooks_find_the_call_and_finalizers_the_true_outcome() {
    let journal = Journal::default();
    let (before, finalize) = (journal.clone(), journal.clone());
    let client: Client<(String,), ()> = Client::new(&Pool::new(), kinds().await, "fail")
        .before(move |cx, _| {
            let call = cx.get::<Call>().unwrap();
            let operation = cx.operation().map(Operation::to_string);
            before.write(format!("{} {:?} {operation:?}", call.method(), call.id()));
            Ok(())
        })
        .finalize(move |_, report| {
            let status = report.status().map(|status| status.as_u16());
            finalize.write(format!("{:?} {:?} {status:?}", report.ended(), report.kind()));
        });
    client.call(Context::new(), ("ABORTED".to_owned(),)).await.unwrap_err();
    assert_eq!(
        journal.read(),
        ["fail Some(RequestId(0)) Some(\"jsonrpc/fail\")", "Failed Some(Aborted) Some(200)",],
    );
}

#[tokio::test]
async fn the_deadline_ends_a_call_and_reaches_the_server() {
    let left = endpoint_fn(async |cx: Context, (): ()| {
        let now = tokio::time::Instant::now().into_std();
        Ok::<_, Refusal>(cx.remaining(now).map(|left| left.as_millis() <= 5000))
    });
    let never = endpoint_fn(async |_: Context, (): ()| -> Result<(), Refusal> {
        std::future::pending().await
    });
    let address = start(Server::new().method("left", left).method("never", never)).await;
    let pool = Pool::new();

    let left: Client<(), Option<bool>> =
        Client::new(&pool, uri(address), "left").timeout(Duration::from_secs(5));
    assert_eq!(left.call(Context::new(), ()).await.unwrap(), Some(true));

    let never: Client<(), ()> =
        Client::new(&pool, uri(address), "never").timeout(Duration::from_millis(20));
    let error = never.call(Context::new(), ()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

const fn is_send<T: Send>(_: &T) {}

#[test]
fn a_client_and_its_call_are_send() {
    let uri = "http://localhost/".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _guard = runtime.enter();
    let client: Client<(), u32> = Client::new(&Pool::new(), uri, "m");
    is_send(&client);
    is_send(&client.call(Context::new(), ()));
}
