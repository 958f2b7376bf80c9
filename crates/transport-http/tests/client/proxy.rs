//! The reverse proxy between real sockets.

use std::time::Duration;

use http::{HeaderValue, Request, Response};
use oxkit_core::{Context, RequestId};
use oxkit_transport_http::{
    Body, Router,
    client::Pool,
    proxy::{Forwarded, ReverseProxy},
    serve,
};
use tokio::net::TcpListener;

use crate::{
    peer::Peer,
    support::{Journal, Wire, start},
};

/// Tells what it was asked, and sends the body back.
async fn echo(request: Request<Body>) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let told = format!("{} {}", parts.method, parts.uri);
    Response::builder()
        .status(201)
        .header("x-told", told)
        .header("connection", "x-hop")
        .header("x-hop", "1")
        .header("x-kept", "1")
        .body(body)
        .unwrap()
}

fn proxy(base: impl AsRef<str>) -> ReverseProxy {
    ReverseProxy::new(&Pool::new(), base.as_ref().parse().unwrap())
}

#[tokio::test]
async fn paths_are_joined_and_status_headers_and_body_pass_through() {
    let upstream = start(Router::new().post("/base/{*rest}", echo)).await;
    let server = proxy(format!("http://{upstream}/base")).into_server();
    let address = start(Router::new().post("/{*rest}", server)).await;
    let mut wire = Wire::connect(address).await;
    for _ in 0..2 {
        let answer = wire.post("/a/b?q=1", "hello").await;
        assert_eq!(answer.status, 201);
        assert_eq!(answer.header("x-told"), Some("POST /base/a/b?q=1"));
        assert_eq!(answer.header("x-kept"), Some("1"));
        assert_eq!(answer.header("x-hop"), None, "it is of one connection only");
        assert_eq!(answer.body, "hello");
    }
}

#[tokio::test]
async fn what_a_before_hook_makes_of_request_and_context_is_sent() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let journal = Journal::default();
    let lines = journal.clone();
    let server = proxy(format!("http://{}/", peer.address))
        .with_forwarded(Forwarded::XForwarded { proto: "https" })
        .into_server()
        .before(|cx: &mut Context, parts| {
            cx.insert(RequestId::from("r-1"));
            parts.headers.insert("x-added", HeaderValue::from_static("1"));
            Ok(())
        })
        .finalize(move |cx, report| {
            let id = cx.get::<RequestId>().map(RequestId::as_str);
            lines.write(format!("{id:?} {:?}", report.status()));
        });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { serve(listener, server).with_peer().await });
    let mut wire = Wire::connect(address).await;
    wire.send(
        "GET /x HTTP/1.1\r\nhost: front\r\nconnection: keep-alive, x-hop\r\nx-hop: 1\r\n\r\n",
    )
    .await;
    assert_eq!(wire.answer().await.status, 200);
    let request = peer.request().await.to_ascii_lowercase();
    for sent in [
        "get /x http/1.1",
        "x-added: 1",
        "x-request-id: r-1",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: front",
        "x-forwarded-proto: https",
        &format!("host: {}", peer.address),
        "x-request-timeout-ms: ",
    ] {
        assert!(request.contains(sent), "{sent}: {request}");
    }
    assert!(!request.contains("x-hop"), "{request}");
    assert_eq!(journal.read(), ["Some(\"r-1\") Some(200)"]);
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_is_502() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = listener.local_addr().unwrap();
    drop(listener);
    let address = start(proxy(format!("http://{gone}")).into_server()).await;
    let answer = Wire::connect(address).await.get("/").await;
    assert_eq!((answer.status, answer.body.trim()), (502, "the upstream server cannot be reached"));
}

#[tokio::test]
async fn an_upstream_that_breaks_off_is_502() {
    let peer = Peer::answering("HTTP/1.1 200 O").await;
    let address = start(proxy(format!("http://{}", peer.address)).into_server()).await;
    assert_eq!(Wire::connect(address).await.get("/").await.status, 502);
}

#[tokio::test]
async fn an_upstream_that_takes_too_long_is_504() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = proxy(format!("http://{}", silent.local_addr().unwrap()))
        .into_server()
        .timeout(Duration::from_millis(30));
    let address = start(server).await;
    assert_eq!(Wire::connect(address).await.get("/").await.status, 504);
}

#[tokio::test]
async fn a_large_body_streams_through_both_ways() {
    let upstream = start(Router::new().post("/", echo)).await;
    let address = start(proxy(format!("http://{upstream}")).into_server()).await;
    let body = "x".repeat(8 * 1024 * 1024);
    let (read, write) = tokio::net::TcpStream::connect(address).await.unwrap().into_split();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let length = body.len();
    let sending = tokio::spawn(async move {
        let mut write = write;
        for part in [head, body] {
            tokio::io::AsyncWriteExt::write_all(&mut write, part.as_bytes()).await.unwrap();
        }
        write
    });
    let mut answer = Vec::new();
    let mut read = read;
    tokio::io::AsyncReadExt::read_to_end(&mut read, &mut answer).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 201 Created\r\n"));
    assert!(answer.len() > length);
    sending.await.unwrap();
}

#[tokio::test]
async fn the_caller_cannot_take_out_what_the_proxy_and_its_hooks_add() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let base = format!("http://{}/", peer.address);
    let proxy = proxy(base).with_forwarded(Forwarded::XForwarded { proto: "https" });
    // As it is, and as a hand-made server of a proxy under layers has it.
    for server in [proxy.clone().into_server(), oxkit_transport_http::proxy::server(proxy)] {
        let server = server.request_id().before(|cx: &mut Context, parts| {
            cx.insert(oxkit_core::Peer("192.0.2.1:9".parse().unwrap()));
            parts.headers.insert("x-user", HeaderValue::from_static("anonymous"));
            Ok(())
        });
        let named = "close, x-forwarded-for, x-forwarded-proto, x-forwarded-host, x-user, host, \
                     content-length, x-request-id, x-request-timeout-ms, x-hop";
        let request = Request::post("/x")
            .header("host", "front")
            .header("connection", named)
            .header("x-user", "root")
            .header("x-hop", "1")
            .header("content-length", "2")
            .body("ab".into())
            .unwrap();
        assert_eq!(server.handle(request).await.status(), 200);
        let request = peer.request().await.to_ascii_lowercase();
        for sent in [
            "x-forwarded-for: 192.0.2.1",
            "x-forwarded-host: front",
            "x-forwarded-proto: https",
            "x-user: anonymous",
            "x-request-id: ",
            "x-request-timeout-ms: ",
            "content-length: 2",
        ] {
            assert!(request.contains(&format!("\r\n{sent}")), "{sent}: {request}");
        }
        assert!(!request.contains("x-hop") && !request.contains("root"), "{request}");
    }
}

#[tokio::test]
async fn an_address_that_does_not_fit_is_414_and_goes_nowhere() {
    let evil = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let server = proxy(format!("http://127.0.0.1:1/{}", "base".repeat(20))).into_server();
    // In absolute form, so that it names a server of its own.
    let target = format!("http://{}/{}", evil.address, "a".repeat(65_500));
    let request = Request::get(target).body(Body::empty()).unwrap();
    assert_eq!(server.handle(request).await.status(), 414);
    assert!(!evil.was_asked().await);
}

#[tokio::test]
async fn a_streamed_request_over_the_limit_is_413_and_a_broken_one_400() {
    let upstream = start(Router::new().post("/", echo)).await;
    let server = proxy(format!("http://{upstream}")).into_server().body_limit(10);
    for (frames, breaks, status) in [
        (vec!["0123456789", "0"], false, 413),
        (vec!["0"], true, 400),
        (vec!["0123456789"], false, 201),
    ] {
        let (mut sender, body) = http_body_util::channel::Channel::<_, std::io::Error>::new(4);
        for frame in frames {
            sender.send_data(bytes::Bytes::from_static(frame.as_bytes())).await.unwrap();
        }
        if breaks {
            sender.abort(std::io::Error::other("broken"));
        } else {
            drop(sender);
        }
        let request = Request::post("/").body(Body::new(body)).unwrap();
        assert_eq!(server.handle(request).await.status(), status);
    }
}

#[tokio::test]
async fn trailers_reach_a_caller_that_takes_them() {
    let peer = Peer::answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n\
         2\r\nok\r\n0\r\nx-sum: 42\r\n\r\n",
    )
    .await;
    let address = start(proxy(format!("http://{}", peer.address)).into_server()).await;
    for (takes, end) in [("te: trailers\r\n", "0\r\nx-sum: 42\r\n\r\n"), ("", "0\r\n\r\n")] {
        let mut wire = Wire::connect(address).await;
        let head = format!("GET / HTTP/1.1\r\nhost: x\r\nconnection: close, te\r\n{takes}\r\n");
        wire.send(head).await;
        let answer = String::from_utf8(wire.closed().await).unwrap().to_ascii_lowercase();
        assert!(answer.ends_with(end), "{takes}: {answer}");
    }
}

#[tokio::test]
async fn cookies_of_several_fields_are_sent_as_one() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let server = proxy(format!("http://{}", peer.address)).into_server();
    let request = Request::get("http://front/")
        .version(http::Version::HTTP_2)
        .header("cookie", "a=1")
        .header("cookie", "b=2")
        .body(Body::empty())
        .unwrap();
    assert_eq!(server.handle(request).await.status(), 200);
    let request = peer.request().await;
    assert!(request.contains("\r\ncookie: a=1; b=2\r\n"), "{request}");
}
