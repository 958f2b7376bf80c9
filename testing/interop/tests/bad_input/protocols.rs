//! Whoever speaks another protocol than the one that is spoken here.

use std::{net::SocketAddr, time::Duration};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal};
use oxkit_transport_grpc::client::{ChannelBuilder, Client};
use oxkit_transport_http::{Router, serve::serve};
use testing_interop::{Raw, channel};
use testing_servers::http::{Connection, get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::spawn_blocking,
    time::timeout,
};

use crate::scene::{SOON, Scene};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http_in_text_is_told_what_is_spoken_here() {
    let scene = Scene::new().await;
    let address = scene.server.address();
    let answers = spawn_blocking(move || {
        let mut connection = Connection::open(address).unwrap();
        let mut ask = |method, path| {
            connection.request(method, path, "{}").unwrap();
            connection.answer().unwrap()
        };
        // On one connection: the first refusal leaves it as good as it was.
        [ask("POST", "/t.T/Echo"), ask("GET", "/"), ask("PUT", "/t.T/Nothing")]
    });
    for answer in answers.await.unwrap() {
        assert_eq!(answer.status, 415, "{answer:?}");
        assert!(answer.body.contains("this is a gRPC server"), "{answer:?}");
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_over_http_1_is_told_that_it_needs_http_2() {
    let mut scene = Scene::new().await;
    let address = scene.server.address();
    let answers = spawn_blocking(move || {
        ["1.1", "1.0"].map(|version| {
            let mut connection = Connection::open(address).unwrap();
            let head = format!(
                "POST /t.T/Hang HTTP/{version}\r\nhost: test\r\ncontent-type: application/grpc\r\n\
                 te: trailers\r\ncontent-length: 5\r\n\r\n"
            );
            connection.send(&[head.as_bytes(), b"\0\0\0\0\0"].concat()).unwrap();
            connection.answer().unwrap()
        })
    });
    for answer in answers.await.unwrap() {
        assert_eq!((answer.status, &*answer.body), (505, "gRPC needs HTTP/2\n"), "{answer:?}");
        assert_eq!(answer.header("grpc-status"), None);
    }
    assert!(scene.endings.try_recv().is_err(), "no call has begun");
    scene.end().await;
}

/// Sends bytes and reads until the server closes.
async fn answer_to(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let mut answer = Vec::new();
    // A server that has heard enough may close before all of it is sent or read.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let _ = timeout(SOON, stream.read_to_end(&mut answer)).await.expect("it closes");
    answer
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_ends_its_own_connection_and_nothing_else() {
    let scene = Scene::new().await;
    let address = scene.server.address();
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let after = |frame: &[u8]| [&preface[..], frame].concat();
    let noise: Vec<u8> =
        (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for bytes in [
        &b""[..],
        b"\0",
        b"PRI * HTTP/2.0\r\n\r\nS",
        b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n",
        // A TLS ClientHello, and SSH.
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        &noise,
        &after(&noise),
        // A frame of 16 MiB; DATA on a stream that is not open; HEADERS that are no HPACK; SETTINGS
        // of an impossible length; a stream of an even number.
        &after(b"\xff\xff\xff\x00\x00\x00\x00\x00\x01"),
        &after(b"\0\0\x01\x00\x00\0\0\0\x01x"),
        &after(b"\0\0\x04\x01\x05\0\0\0\x01\xff\xff\xff\xff"),
        &after(b"\0\0\x05\x04\x00\0\0\0\x00xxxxx"),
        &after(b"\0\0\x01\x01\x05\0\0\0\x02\x82"),
    ] {
        let _ = answer_to(address, bytes).await;
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grpc_on_a_port_of_http_is_an_error_that_says_so() {
    let routes = || Router::new().get("/", async |_| http::Response::new("hello".into()));
    // One that speaks HTTP/2 and knows no such path, and one that speaks HTTP/1.1 alone.
    for (speaks_http2, kind, text) in [
        (true, ErrorKind::Unimplemented, "HTTP status 404"),
        (false, ErrorKind::Unavailable, "no answer"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = serve(listener, routes());
        let server = tokio::spawn(if speaks_http2 {
            server.with_h2c().into_future()
        } else {
            server.into_future()
        });
        let error = called(address).await;
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.to_string().contains(text) && !error.is_status(), "{error:?}");
        let page = spawn_blocking(move || get(address, "/")).await.unwrap();
        assert_eq!((page.status, page.body.as_str()), (200, "hello"));
        server.abort();
    }
}

async fn called(address: SocketAddr) -> oxkit_transport_grpc::GrpcError {
    let text = |text: String| Ok::<_, Refusal>(text);
    let echo =
        Client::unary(channel(address), "t.T", "Echo", text, text).timeout(Duration::from_secs(5));
    let called = timeout(SOON, echo.call(Context::new(), "x".into())).await;
    called.expect("it ends").expect_err("nobody answers")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_survives_servers_that_say_anything() {
    for bytes in [
        &b""[..],
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
        // A connection that is given up by name, and a name that is too short.
        &goaway(1, b""),
        &goaway(0, b""),
        &[SETTINGS, b"\0\0\x07\x07\0\0\0\0\0", &[0; 7]].concat(),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let bytes = bytes.to_vec();
        let server = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.write_all(&bytes).await;
            }
        });
        let error = called(address).await;
        assert!(!error.is_status(), "{error:?}");
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        server.abort();
    }
}

/// What a server says first.
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// A server that closes its connection without having seen a call.
fn goaway(reason: u8, more: &[u8]) -> Vec<u8> {
    let length = u8::try_from(8 + more.len()).expect("short");
    let head = [0, 0, length, 7, 0, 0, 0, 0, 0];
    [SETTINGS, &head, &[0, 0, 0, 0, 0, 0, 0, reason], more].concat()
}

/// A server that reads a call and says these bytes of it, and then nothing more.
async fn saying(bytes: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let (mut seen, mut chunk) = (Vec::new(), [0; 1_024]);
        // The message of the call, which is `x`.
        while !seen.windows(8).any(|part| part == b"\0\0\0\0\x03\x0a\x01x") {
            let read = stream.read(&mut chunk).await.expect("it calls");
            assert!(read > 0, "it calls");
            seen.extend_from_slice(&chunk[..read]);
        }
        stream.write_all(&bytes).await.expect("it listens");
        while stream.read(&mut chunk).await.is_ok_and(|read| read > 0) {}
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_a_connection_ended_is_in_the_error() {
    let reset = b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x02";
    for (bytes, kind, expected) in [
        // ENHANCE_YOUR_CALM, and more than its name; no error, by one that stops.
        (goaway(11, b"too_many_pings"), ErrorKind::Unavailable, "too_many_pings"),
        (goaway(0, b""), ErrorKind::Unavailable, "received: not a result of an error"),
        // The stream alone: INTERNAL_ERROR.
        ([SETTINGS, reset].concat(), ErrorKind::Internal, "received: unexpected internal error"),
    ] {
        let error = called(saying(bytes).await).await;
        assert_eq!((error.kind(), error.is_status()), (kind, false), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_is_silent_is_given_up_by_name() {
    let address = saying(SETTINGS.to_vec()).await;
    let soon = Duration::from_millis(50);
    let builder = ChannelBuilder::from_shared(format!("http://{address}")).unwrap();
    let builder = builder.http2_keep_alive_interval(soon).keep_alive_timeout(soon);
    let text = |text: String| Ok::<_, Refusal>(text);
    let echo = Client::unary(builder.connect_lazy(), "t.T", "Echo", text, text);
    let error = timeout(SOON, echo.call(Context::new(), "x".into())).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unavailable, false), "{error:?}");
    assert!(error.to_string().contains("keep-alive timed out"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_told_from_one_that_broke_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = called(address).await;
    assert!(error.to_string().contains("connect error: Connection refused"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_gives_a_server_that_says_nothing_up_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let text = |text: String| Ok::<_, Refusal>(text);
    let echo = Client::unary(channel(address), "t.T", "Echo", text, text)
        .timeout(Duration::from_millis(100));
    // It is accepted by the system, and by nobody else.
    let error = timeout(SOON, echo.call(Context::new(), "x".into())).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::DeadlineExceeded, false));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn http2_that_is_not_grpc_is_refused_by_its_status() {
    let scene = Scene::new().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    for kind in [&b"application/json"[..], b"application/grpc-web+proto", b"application/grpcx"] {
        let answer = raw.call("/t.T/Echo", &[("content-type", kind)], b"").await.unwrap();
        assert_eq!((answer.status, answer.is_grpc), (415, false));
    }
    let answer = raw.call("/t.T/Echo", &[], b"\0\0\0\0\0").await.unwrap();
    assert_eq!((answer.status, answer.kind, answer.is_grpc), (200, None, true));
    raw.vanish();
    scene.end().await;
}
