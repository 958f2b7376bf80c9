//! A server whose endpoint is a client: what breaks upstream is no fault of the caller's.

use http::{Method, Request, Response};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_http::{Body, BodyError, Client, JsonCodec, Pool, Server};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::post;

/// A server that answers one request with these bytes, and closes the connection.
async fn upstream(answer: &'static [u8]) -> http::Uri {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 4096];
        assert_ne!(stream.read(&mut head).await.unwrap(), 0);
        stream.write_all(answer).await.unwrap();
        stream.shutdown().await.unwrap();
        // What is unread when a socket closes resets the connection, and the answer may be lost.
        while stream.read(&mut head).await.is_ok_and(|read| read > 0) {}
    });
    format!("http://{address}/").parse().unwrap()
}

#[tokio::test]
async fn an_upstream_that_breaks_off_or_says_too_much_is_not_the_callers_fault() {
    const HALF: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\"abc";
    const LONG: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 14\r\n\r\n\"abcdefghijkl\"";
    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n\
                             e\r\n\"abcdefghijkl\"\r\n0\r\n\r\n";
    for (answer, status, kind) in
        [(HALF, 503, "UNAVAILABLE"), (LONG, 500, "INTERNAL"), (CHUNKED, 500, "INTERNAL")]
    {
        let limit = if answer == HALF { 1000 } else { 10 };
        let client: Client<String, String, _, _> =
            Client::json(&Pool::new(), Method::POST, upstream(answer).await);
        let gateway = Server::json(client.body_limit(limit));
        let response = gateway.handle(post("\"hi\"")).await;
        let shown = String::from_utf8_lossy(answer);
        assert_eq!(response.headers()["x-error-kind"], kind, "{shown}");
        assert_eq!(response.status(), status, "{shown}");
    }
}

/// An error of one's own around that of a body, of a kind that has no status of its own.
#[derive(Debug)]
struct Unread(BodyError);

impl std::fmt::Display for Unread {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not read")
    }
}

impl std::error::Error for Unread {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl Failure for Unread {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Internal
    }
}

#[tokio::test]
async fn a_request_body_that_is_too_large_is_413_however_it_is_wrapped() {
    let decode =
        async |request: Request<Body>| request.into_body().collect(100).await.map_err(Unread);
    let endpoint = endpoint_fn(async |_cx, bytes: bytes::Bytes| Ok::<_, Refusal>(bytes.len()));
    let server = Server::new(endpoint, decode, JsonCodec);
    assert_eq!(server.handle(post("x".repeat(101))).await.status(), 413);
    assert_eq!(server.handle(post("x".repeat(100))).await.status(), 200);
    assert_eq!(server.body_limit(99).handle(post("x".repeat(100))).await.status(), 413);
}

#[tokio::test]
async fn another_body_that_is_too_large_is_a_failure_of_the_servers_own() {
    let encode = async |(): ()| {
        let read = Body::from("a response of somebody else's").collect(5).await;
        Ok::<_, Unread>(Response::new(Body::from(read.map_err(Unread)?)))
    };
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let server = Server::new(endpoint, JsonCodec, encode);
    assert_eq!(server.handle(post("null")).await.status(), 500);
}

#[tokio::test]
async fn a_call_without_parameters_passes_from_our_client_to_our_server() {
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(7));
    let router =
        oxkit_transport_http::Router::new().get("/", Server::json(endpoint).require_json());
    let uri = format!("http://{}/", crate::support::start(router).await).parse().unwrap();
    let client: Client<(), u32, _, _> = Client::json(&Pool::new(), Method::GET, uri);
    assert_eq!(client.call(Context::new(), ()).await.unwrap(), 7);
}
