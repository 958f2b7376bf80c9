//! Every way a call can fail, and what the error says of it.

use std::time::Duration;

use http::Method;
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Reason, Refusal, endpoint_fn};
use oxkit_transport_http::{
    Problem, Router, Server,
    client::{Client, Pool},
};
use tokio::net::TcpListener;

use crate::{
    peer::{Peer, method},
    support::start,
};

async fn fail(answer: impl AsRef<[u8]>) -> oxkit_transport_http::ClientError {
    let peer = Peer::answering(answer).await;
    method(peer.uri()).call(Context::new(), String::new()).await.unwrap_err()
}

#[tokio::test]
async fn every_kind_comes_back_as_the_server_gave_it() {
    let endpoint = endpoint_fn(async |_cx, code: u8| {
        let kind = ErrorKind::from_code(code).unwrap();
        Err::<(), _>(Refusal::of_kind(kind, "told").with_retry_after(Duration::from_millis(1500)))
    });
    let styles = [
        Server::json(endpoint),
        Server::json(endpoint).errors(Problem),
        Server::json(endpoint).errors(oxkit_transport_http::GoKit),
    ];
    for server in styles {
        let address = start(Router::new().post("/", server)).await;
        let uri = format!("http://{address}/").parse().unwrap();
        let client: Client<u8, (), _, _> = Client::json(&Pool::new(), Method::POST, uri);
        for kind in ErrorKind::ALL {
            let error = client.call(Context::new(), kind.code()).await.unwrap_err();
            assert_eq!(error.kind(), kind);
            assert_eq!(error.status(), Some(oxkit_transport_http::status_of(kind)));
            assert_eq!(error.retry_after(), Some(Duration::from_secs(2)), "rounded up");
            let shown = if kind.is_confidential() { kind.description() } else { "told" };
            assert_eq!(error.to_string(), shown);
        }
    }
}

#[tokio::test]
async fn the_text_is_found_in_each_form_and_the_status_stands_in_for_none() {
    for (media, body, text) in [
        ("application/problem+json", r#"{"title":"t","detail":"d"}"#, "d"),
        ("application/problem+json", r#"{"title":"t"}"#, "t"),
        ("application/json; charset=utf-8", r#"{"error":"e"}"#, "e"),
        ("application/json", r#"{"error":{"code":1}}"#, "404 Not Found"),
        ("application/json", "[", "404 Not Found"),
        ("text/plain", " plain\n", "plain"),
        // As Go names JSON of which nobody said what it is.
        ("text/plain; charset=utf-8", "{\"error\":\"no such thing\"}\n", "no such thing"),
        ("text/plain", "{braces}", "{braces}"),
        ("text/html", "<h1>page</h1>", "404 Not Found"),
        ("text/plain", "", "404 Not Found"),
    ] {
        let length = body.len();
        let error = fail(format!(
            "HTTP/1.1 404 Not Found\r\ncontent-type: {media}\r\ncontent-length: {length}\r\n\r\n{body}"
        ))
        .await;
        assert_eq!(error.to_string(), text, "{media} {body}");
        assert_eq!(error.kind(), ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn an_endless_text_is_cut() {
    let body = "x".repeat(1 << 20);
    let head = "HTTP/1.1 500 Oops\r\ncontent-type: text/plain\r\n";
    let error = fail(format!("{head}content-length: {}\r\n\r\n{body}", body.len())).await;
    assert_eq!(error.to_string(), "500 Internal Server Error", "too long to be read");
    let body = "x".repeat(10_000);
    let error = fail(format!("{head}content-length: {}\r\n\r\n{body}", body.len())).await;
    assert_eq!(error.to_string().len(), 1024);
}

#[tokio::test]
async fn any_status_reaches_the_decoder_if_asked_for() {
    let peer = Peer::answering("HTTP/1.1 404 Not Found\r\ncontent-length: 3\r\n\r\n\"x\"").await;
    let client = method(peer.uri()).any_status();
    assert_eq!(client.call(Context::new(), String::new()).await.unwrap(), "x");
}

#[tokio::test]
async fn a_refused_connection_is_unavailable_and_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = method(format!("http://{address}/").parse().unwrap());
    let error = client.call(Context::new(), String::new()).await.unwrap_err();
    assert!(error.is_connect());
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_peer_that_says_nothing_runs_into_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let client = method(uri).timeout(Duration::from_millis(30));
    let error = client.call(Context::new(), String::new()).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);

    let past = Context::new().with_deadline(std::time::Instant::now());
    let error = client.call(past, String::new()).await.unwrap_err();
    assert!(error.is_timeout(), "not even begun");
}

#[tokio::test]
async fn a_body_that_stops_half_way_runs_into_the_deadline() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let peer = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        assert!(tokio::io::AsyncReadExt::read(&mut stream, &mut request).await.unwrap() > 0);
        let part = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\"";
        tokio::io::AsyncWriteExt::write_all(&mut stream, part).await.unwrap();
        // The client gives up and closes.
        let mut rest = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
    });
    let client = method(uri).timeout(Duration::from_millis(300));
    let error = client.call(Context::new(), String::new()).await.unwrap_err();
    assert!(error.is_timeout());
    peer.await.unwrap();
}

#[tokio::test]
async fn what_is_no_http_is_malformed() {
    for garbage in [
        &b"\x00\x01\x02\x03 garbage\r\n\r\n"[..],
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: minus\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\xff\xfe: x\r\n\r\n",
    ] {
        let error = fail(garbage).await;
        assert!(error.is_malformed(), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
}

#[tokio::test]
async fn a_response_cut_short_is_unavailable() {
    for cut in [
        "",
        "HTTP/1.1 200 OK\r\ncontent-le",
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\"half",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n\"half",
    ] {
        let error = fail(cut).await;
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{cut:?}: {error:?}");
        assert!(!error.is_connect() && !error.is_malformed(), "{error:?}");
    }
}

#[tokio::test]
async fn a_response_that_is_too_large_or_no_json_is_malformed() {
    for (body, limit) in [("\"0123456789\"", 5), ("not json", 100), ("\"yes\" and more", 100)] {
        let peer = Peer::answering(format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
        .await;
        let client = method(peer.uri()).body_limit(limit);
        let error = client.call(Context::new(), String::new()).await.unwrap_err();
        assert!(error.is_malformed(), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Internal);
    }
    let peer =
        Peer::answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n8\r\n\"0123456\r\n")
            .await;
    let client = method(peer.uri()).body_limit(4);
    let error = client.call(Context::new(), String::new()).await.unwrap_err();
    assert!(error.is_malformed(), "without a length it is seen as it comes: {error:?}");
}

#[tokio::test]
async fn an_address_without_a_host_is_refused() {
    let client = method("/path/only".parse().unwrap());
    let error = client.call(Context::new(), String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Internal);
    assert!(!error.is_connect());
}

#[test]
fn a_refusal_keeps_its_kind_and_its_advice() {
    let refusal = Refusal::new(Reason::CircuitOpen).with_retry_after(Duration::from_secs(3));
    let error = oxkit_transport_http::ClientError::from(refusal);
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
    assert_eq!(error.to_string(), "circuit breaker is open");
    assert_eq!(size_of::<Result<(), oxkit_transport_http::ClientError>>(), size_of::<usize>());
}

#[tokio::test]
async fn https_without_tls_is_a_mistake_and_no_failed_connection() {
    for address in ["https://127.0.0.1:1/", "ftp://127.0.0.1:1/"] {
        let client = method(address.parse().unwrap());
        let error = client.call(Context::new(), String::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
        assert!(!error.is_connect(), "{error}");
    }
}

#[tokio::test]
async fn what_the_other_side_wrote_stays_on_one_line() {
    let error = fail(
        "HTTP/1.1 500 X\r\ncontent-type: text/plain\r\ncontent-length: 16\r\n\r\nevil\nlevel=error",
    )
    .await;
    assert_eq!(error.to_string(), "evil level=error");
}
