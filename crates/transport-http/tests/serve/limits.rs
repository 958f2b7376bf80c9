//! What one peer may use up, and what it is told when it has.

use std::time::Duration;

use oxkit_transport_http::serve::{Limits, Serve};

use crate::{support::Wire, world::Running};

const SHORT: Duration = Duration::from_millis(150);

#[tokio::test]
async fn a_head_that_takes_too_long_is_answered_408_with_the_reason() {
    let limits = Limits::new().with_header_read_time(SHORT);
    let (running, _) = Running::start(|serve| serve.with_limits(limits)).await;
    let mut wire = Wire::connect(running.address).await;
    wire.send("GET / HTTP/1.1\r\nhost: te").await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 408);
    assert_eq!(answer.body, "the head of the request took too long to be received");
    assert!(wire.closed().await.is_empty());
}

#[tokio::test]
async fn the_time_for_a_head_holds_on_a_kept_connection_too() {
    let limits = Limits::new().with_header_read_time(SHORT);
    let (running, _) = Running::start(|serve| serve.with_limits(limits)).await;
    let mut wire = Wire::connect(running.address).await;
    assert_eq!(wire.get("/").await.status, 200);
    wire.send("GET / HT").await;
    assert_eq!(wire.answer().await.status, 408);
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_closed_without_a_word() {
    let limits = Limits::new().with_header_read_time(SHORT);
    let (running, _) = Running::start(|serve| serve.with_limits(limits)).await;
    let wire = Wire::connect(running.address).await;
    assert!(wire.closed().await.is_empty());
}

#[tokio::test]
async fn a_kept_connection_is_closed_when_its_idle_time_is_over() {
    let limits = Limits::new().with_idle_time(SHORT);
    let (running, _) = Running::start(|serve| serve.with_limits(limits)).await;
    let mut wire = Wire::connect(running.address).await;
    assert_eq!(wire.get("/").await.status, 200);
    assert!(wire.closed().await.is_empty());
}

#[tokio::test]
async fn neither_limit_holds_while_a_request_is_served() {
    let limits = Limits::new().with_idle_time(SHORT).with_header_read_time(SHORT);
    let (running, held) = Running::start(|serve| serve.with_limits(limits)).await;
    let mut wire = Wire::connect(running.address).await;
    wire.ask("/held").await;
    held.arrivals(1).await;
    // Another peer runs out of time meanwhile: then both limits would have passed here too.
    let other = Wire::connect(running.address).await;
    assert!(other.closed().await.is_empty());
    held.release(1);
    assert_eq!(wire.answer().await.status, 200);
}

#[tokio::test]
async fn a_head_that_is_too_large_is_answered_431() {
    let limits = Limits::new().with_header_size(1024);
    let (running, _) = Running::start(|serve| serve.with_limits(limits)).await;
    let mut wire = Wire::connect(running.address).await;
    let long = "x".repeat(4096);
    wire.send(format!("GET / HTTP/1.1\r\nhost: test\r\nx-long: {long}\r\n\r\n")).await;
    assert_eq!(wire.answer().await.status, 431);
}

#[tokio::test]
async fn too_many_headers_are_answered_431() {
    let limits = Limits::new().with_headers(3);
    let (running, _) = Running::start(|serve| serve.with_limits(limits)).await;
    let mut wire = Wire::connect(running.address).await;
    wire.send("GET / HTTP/1.1\r\na: 1\r\nb: 2\r\nc: 3\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 200);
    wire.send("GET / HTTP/1.1\r\na: 1\r\nb: 2\r\nc: 3\r\nd: 4\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 431);
}

#[tokio::test]
async fn a_connection_beyond_the_limit_waits_until_one_ends() {
    let limits = Limits::new().with_connections(1);
    let (running, held) = Running::start(|serve| serve.with_limits(limits)).await;
    let mut first = Wire::connect(running.address).await;
    first.ask("/held").await;
    held.arrivals(1).await;
    let mut second = Wire::connect(running.address).await;
    second.ask("/").await;
    held.release(1);
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(held.arrived.available_permits(), 0, "the second was served beside the first");
    drop(first);
    assert_eq!(second.answer().await.status, 200);
}

#[tokio::test]
async fn a_peer_that_does_not_take_its_answer_is_cut_off() {
    let limits = Limits::new().with_write_stall_time(SHORT);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (gone, is_gone) = std::sync::mpsc::channel::<()>();
    let service = hyper::service::service_fn(move |_| {
        let alive = gone.clone();
        async move {
            let body = Endless(alive);
            Ok::<_, std::convert::Infallible>(http::Response::new(body))
        }
    });
    tokio::spawn(async move {
        oxkit_transport_http::serve(listener, service).with_limits(limits).await
    });
    let mut wire = Wire::connect(address).await;
    wire.ask("/").await;
    // The body is dropped with the connection, while the peer still holds its end and reads none
    // of it.
    let ended = tokio::task::spawn_blocking(move || is_gone.recv());
    assert!(ended.await.unwrap().is_ok());
    drop(wire);
}

/// A body that never ends, and tells when it is dropped.
struct Endless(std::sync::mpsc::Sender<()>);

impl http_body::Body for Endless {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        let chunk = bytes::Bytes::from_static(&[0; 16 * 1024]);
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(chunk))))
    }
}

impl Drop for Endless {
    fn drop(&mut self) {
        let _ = self.0.send(());
    }
}

#[tokio::test]
async fn a_panic_costs_its_connection_and_no_other() {
    let (running, _) = Running::start(|serve| serve).await;
    let mut other = Wire::connect(running.address).await;
    assert_eq!(other.get("/").await.status, 200);
    let mut wire = Wire::connect(running.address).await;
    wire.ask("/panic").await;
    assert!(wire.closed().await.is_empty());
    assert_eq!(other.get("/").await.status, 200);
    let served = running.stop().await;
    assert_eq!((served.panicked, served.aborted, served.connections), (1, 0, 2));
    assert!(!served.is_clean());
}

#[tokio::test]
async fn the_peer_is_shown_only_if_asked_for() {
    let (running, _) = Running::start(|serve| serve).await;
    let mut wire = Wire::connect(running.address).await;
    assert_eq!(wire.get("/").await.body, "HTTP/1.1 None");
    let (running, _) = Running::start(Serve::with_peer).await;
    let mut wire = Wire::connect(running.address).await;
    assert_eq!(wire.get("/").await.body, "HTTP/1.1 Some(127.0.0.1)");
}

#[tokio::test]
async fn an_answer_in_the_middle_of_an_upload_arrives() {
    let (running, _) = Running::start(|serve| serve).await;
    let mut wire = Wire::connect(running.address).await;
    let body = vec![b'x'; 8 * 1024 * 1024];
    wire.send(format!("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {}\r\n\r\n", body.len()))
        .await;
    // The service answers without reading. All of it is sent before the answer is looked at, so a
    // reset would take the answer away.
    wire.send(body).await;
    assert_eq!(wire.answer().await.status, 200);
}
