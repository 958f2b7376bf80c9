//! What is sent, and what becomes of an answer.

use std::time::{Duration, Instant};

use http::{HeaderValue, Method, Request, Response};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Operation, RequestId};
use oxkit_transport_http::{
    Body, ClientError,
    client::{Client, JsonClientCodec, JsonResponse, Pool, json_request},
};
use static_assertions::assert_impl_all;

use crate::peer::{Json, Peer, method};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n\"yes\"";

assert_impl_all!(Json: Send, Sync, Clone, Endpoint, std::fmt::Debug);
assert_impl_all!(ClientError: Send, Sync, Failure);
assert_impl_all!(Pool: Send, Sync, Clone);

const fn is_send<T: Send>(_: &T) {}

#[tokio::test]
async fn json_is_sent_with_its_length() {
    let peer = Peer::answering(OK).await;
    let call = method(peer.uri());
    let call = call.call(Context::new(), "hé".to_owned());
    is_send(&call);
    assert_eq!(call.await.unwrap(), "yes");
    let request = peer.request().await;
    assert!(request.starts_with("POST /method HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\ncontent-type: application/json\r\n"), "{request}");
    assert!(request.contains("\r\ncontent-length: 5\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n\"hé\""), "{request}");
    assert!(!request.contains("transfer-encoding"), "{request}");
}

#[tokio::test]
async fn a_get_has_no_body_and_refuses_one() {
    let peer = Peer::answering(OK).await;
    let get: Client<(), String, _, _> = Client::json(&Pool::new(), Method::GET, peer.uri());
    assert_eq!(get.call(Context::new(), ()).await.unwrap(), "yes");
    let request = peer.request().await;
    assert!(request.starts_with("GET /method HTTP/1.1\r\n"), "{request}");
    assert!(!request.contains("content-"), "{request}");

    let get: Json = Client::json(&Pool::new(), Method::GET, peer.uri());
    let error = get.call(Context::new(), "lost".to_owned()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);
}

#[tokio::test]
async fn an_answer_without_content_reads_as_null() {
    let peer = Peer::answering("HTTP/1.1 204 No Content\r\n\r\n").await;
    let delete: Client<(), (), _, _> = Client::json(&Pool::new(), Method::DELETE, peer.uri());
    assert!(delete.call(Context::new(), ()).await.is_ok());
}

#[tokio::test]
async fn the_deadline_and_the_request_id_are_sent_along() {
    let peer = Peer::answering(OK).await;
    let cx = Context::new()
        .with_deadline(Instant::now() + Duration::from_secs(5))
        .with(RequestId::from("r-7"));
    method(peer.uri()).call(cx, String::new()).await.unwrap();
    let request = peer.request().await;
    assert!(request.contains("\r\nx-request-id: r-7\r\n"), "{request}");
    let left = |request: &str| -> u64 {
        let line = request.lines().find_map(|line| line.strip_prefix("x-request-timeout-ms: "));
        line.unwrap().parse().unwrap()
    };
    assert!((1..=5_000).contains(&left(&request)), "{request}");

    let own = method(peer.uri()).timeout(Duration::from_secs(2));
    own.call(Context::new(), String::new()).await.unwrap();
    assert!((1..=2_000).contains(&left(&peer.request().await)));

    let none = method(peer.uri()).without_timeout();
    none.call(Context::new(), String::new()).await.unwrap();
    assert!(!peer.request().await.contains("x-request-timeout-ms"));
}

#[tokio::test]
async fn hooks_see_the_request_and_the_response_in_order() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\nx-v: 1\r\ncontent-length: 2\r\n\r\n{}").await;
    let client = Client::new(
        &Pool::new(),
        async |path: &'static str| Ok::<_, ClientError>(Request::new(Body::from(path))),
        async |response: Response<Body>| {
            Ok::<_, ClientError>(response.headers()["x-v"].to_str().unwrap_or_default().to_owned())
        },
    )
    .base(peer.uri())
    .operation(Operation::new("svc", "Get"))
    .before(|cx, parts| {
        let name = cx.operation().map(Operation::method).unwrap_or_default();
        parts.headers.insert("x-op", HeaderValue::from_str(name).unwrap());
        Ok(())
    })
    .before(|_, parts| {
        assert_eq!(parts.headers["x-op"], "Get");
        parts.headers.insert("x-second", HeaderValue::from_static("1"));
        Ok(())
    })
    .after(|_, parts| {
        parts.headers.insert("x-v", HeaderValue::from_static("2"));
    });
    assert_eq!(client.call(Context::new(), "body").await.unwrap(), "2");
    let request = peer.request().await;
    assert!(request.starts_with("GET /method/ HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\nx-second: 1\r\n"), "{request}");
}

#[tokio::test]
async fn a_hook_that_refuses_keeps_the_request_from_being_sent() {
    let refuses = method("http://127.0.0.1:1/".parse().unwrap())
        .before(|_, _| Err(ClientError::of_kind(ErrorKind::PermissionDenied, "not today")));
    let error = refuses.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_connect()), (ErrorKind::PermissionDenied, false));
    assert_eq!(error.to_string(), "not today");
}

#[tokio::test]
async fn a_base_moves_the_method_to_another_instance() {
    let (one, other) = (Peer::answering(OK).await, Peer::answering(OK).await);
    let client: Client<String, String, JsonClientCodec, JsonClientCodec> =
        Client::json(&Pool::new(), Method::POST, "http://nowhere.invalid/get?q=1".parse().unwrap());
    for peer in [one, other] {
        let base = format!("http://{}/api/", peer.address).parse().unwrap();
        client.clone().base(base).call(Context::new(), String::new()).await.unwrap();
        let request = peer.request().await;
        assert!(request.starts_with("POST /api/get?q=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains(&format!("\r\nhost: {}\r\n", peer.address)), "{request}");
    }
}

#[tokio::test]
async fn a_decoder_may_keep_the_body_and_stream_it() {
    let peer = Peer::answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
    .await;
    let client = Client::new(
        &Pool::new(),
        async |()| Ok::<_, ClientError>(Request::new(Body::empty())),
        async |response: Response<Body>| Ok::<_, ClientError>(response.into_body()),
    )
    .base(peer.uri());
    let body = client.call(Context::new(), ()).await.unwrap();
    assert_eq!(body.collect(5).await.unwrap(), "abcde");
}

#[tokio::test]
async fn an_address_that_does_not_fit_its_base_is_refused_and_goes_nowhere() {
    let evil = Peer::answering(OK).await;
    let target = format!("http://{}/{}", evil.address, "a".repeat(65_500)).parse().unwrap();
    let base = format!("http://127.0.0.1:1/{}", "base".repeat(20));
    let client = method(target).base(base.parse().unwrap());
    let error = client.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidArgument);

    let client = method(evil.uri()).base("/no/server".parse().unwrap());
    let error = client.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!evil.was_asked().await);
}

#[tokio::test]
async fn inside_a_handler_the_operation_is_the_clients_own() {
    let peer = Peer::answering(OK).await;
    let seen = |name: &'static str| {
        move |cx: &Context, _: &mut http::request::Parts| {
            assert_eq!(cx.operation().map(Operation::method), Some(name));
            Ok(())
        }
    };
    let served = || Context::received(Instant::now(), Operation::new("front", "Served"));
    let named = method(peer.uri()).operation(Operation::new("svc", "Add")).before(seen("Add"));
    named.call(served(), String::new()).await.unwrap();
    let unnamed = method(peer.uri()).before(seen("Served"));
    unnamed.call(served(), String::new()).await.unwrap();
}

#[tokio::test]
async fn json_goes_to_an_address_that_the_request_names() {
    let peer = Peer::answering(OK).await;
    let rename: Client<(u64, &'static str), String, _, _> = Client::new(
        &Pool::new(),
        async |(id, name): (u64, &'static str)| {
            json_request(Method::PATCH, format!("/todos/{id}"), name)
        },
        JsonResponse,
    )
    .base(format!("http://{}/v1", peer.address).parse().unwrap());
    assert_eq!(rename.call(Context::new(), (7, "new")).await.unwrap(), "yes");
    let request = peer.request().await;
    assert!(request.starts_with("PATCH /v1/todos/7 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("\r\ncontent-type: application/json\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n\"new\""), "{request}");

    for (method, uri, body) in [(Method::POST, "no address", "x"), (Method::GET, "/x", "lost")] {
        let error = json_request(method, uri, body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidArgument, "{uri}");
    }
    assert!(json_request(Method::GET, "/x", &()).is_ok());
}
