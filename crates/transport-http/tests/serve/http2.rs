//! HTTP/2 in the clear: found by its preface, ended without hanging.

use std::time::Duration;

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oxkit_transport_http::{
    Body,
    serve::{Limits, Serve},
};
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpStream};

use crate::{
    support::Wire,
    world::{LARGE, Running},
};

const SHORT: Duration = Duration::from_millis(150);

/// What a client says first, and its empty settings.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

async fn connect(running: &Running) -> SendRequest<Body> {
    connect_with(running, Builder::new(TokioExecutor::new())).await
}

/// A client that takes at most `window` bytes of an answer before it reads them.
async fn connect_with_window(running: &Running, window: u32) -> SendRequest<Body> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.initial_stream_window_size(window);
    connect_with(running, builder).await
}

async fn connect_with(running: &Running, builder: Builder<TokioExecutor>) -> SendRequest<Body> {
    let stream = TcpStream::connect(running.address).await.unwrap();
    let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

/// A client that says hello and nothing more, not even to a ping.
async fn connect_silent(running: &Running) -> TcpStream {
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(HELLO).await.unwrap();
    // The server's settings: it speaks HTTP/2 from here on.
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    stream
}

/// Waits for the server to give this client up.
async fn given_up(mut stream: TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

fn get(path: &str) -> Request<Body> {
    Request::get(format!("http://test{path}")).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn both_versions_are_served_on_one_port() {
    let (running, _) = Running::start(Serve::with_h2c).await;
    let mut sender = connect(&running).await;
    let response = sender.send_request(get("/")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let body = Body::from(response.into_body()).collect(100).await.unwrap();
    assert_eq!(body, "HTTP/2.0 None");

    let mut wire = Wire::connect(running.address).await;
    // Its first bytes are the preface's.
    wire.send("P").await;
    wire.send("RI / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    assert_eq!(wire.answer().await.body, "HTTP/1.1 None");
    assert_eq!(wire.get("/").await.status, 200);
}

#[tokio::test]
async fn a_preface_that_stops_half_way_is_closed() {
    let limits = Limits::new().with_header_read_time(Duration::from_millis(50));
    let (running, _) = Running::start(|serve| serve.with_h2c().with_limits(limits)).await;
    let mut wire = Wire::connect(running.address).await;
    wire.send("PRI * HTT").await;
    assert!(wire.closed().await.is_empty());
}

#[tokio::test]
async fn requests_in_flight_are_answered_when_serving_ends() {
    let (running, held) = Running::start(Serve::with_h2c).await;
    let mut sender = connect(&running).await;
    let answers: Vec<_> = (0..100).map(|_| sender.send_request(get("/held"))).collect();
    let answers: Vec<_> = answers.into_iter().map(tokio::spawn).collect();
    held.arrivals(100).await;
    let served = running.begin_stop();
    held.release(100);
    for answer in answers {
        assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK);
    }
    assert!(served.await.unwrap().is_clean());
}

#[tokio::test]
async fn a_client_that_never_closes_does_not_hold_up_the_end() {
    let (running, _) = Running::start(Serve::with_h2c).await;
    let _stream = connect_silent(&running).await;
    // The peer answers nothing, not even the ping that goes with the notice.
    let served = running.stop().await;
    assert!(served.is_clean(), "nothing was in flight");
}

#[tokio::test]
async fn a_stuck_request_is_cut_off_at_the_deadline() {
    let (running, held) =
        Running::start(|serve| serve.with_h2c().drain_within(Duration::from_millis(50))).await;
    let mut sender = connect(&running).await;
    let answer = tokio::spawn(sender.send_request(get("/held")));
    held.arrivals(1).await;
    let served = running.stop().await;
    assert_eq!(served.aborted, 1);
    assert!(answer.await.unwrap().is_err());
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_a_busy_one_is_not() {
    let limits = Limits::new().with_idle_time(Duration::from_millis(50));
    let (running, held) = Running::start(|serve| serve.with_h2c().with_limits(limits)).await;
    let mut busy = connect(&running).await;
    let answer = tokio::spawn(busy.send_request(get("/held")));
    held.arrivals(1).await;
    let mut idle = connect(&running).await;
    assert!(idle.send_request(get("/")).await.is_ok());
    while idle.ready().await.is_ok() {
        tokio::task::yield_now().await;
    }
    held.release(1);
    assert_eq!(answer.await.unwrap().unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_panic_costs_its_stream_and_not_the_connection() {
    let (running, _) = Running::start(Serve::with_h2c).await;
    let mut sender = connect(&running).await;
    assert!(sender.send_request(get("/panic")).await.is_err());
    assert!(sender.send_request(get("/")).await.is_ok());
    drop(sender);
    assert_eq!(running.stop().await.panicked, 1);
}

#[tokio::test]
async fn an_answer_that_is_read_slowly_is_whole_when_serving_ends() {
    let (running, _) = Running::start(Serve::with_h2c).await;
    let silent = connect_silent(&running).await;
    let mut slow = connect_with_window(&running, 64 * 1024).await;
    let mut body = slow.send_request(get("/large")).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let served = running.begin_stop();
    // Until then the time that a client has who is owed nothing is over.
    given_up(silent).await;
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!(first.len() + rest.len(), LARGE);
    drop(slow);
    assert!(served.await.unwrap().is_clean());
}

#[tokio::test]
async fn an_answer_that_is_read_slowly_is_not_idle() {
    let limits = Limits::new().with_idle_time(SHORT).with_header_read_time(SHORT);
    let (running, _) = Running::start(|serve| serve.with_h2c().with_limits(limits)).await;
    let mut slow = connect_with_window(&running, 64 * 1024).await;
    let mut body = slow.send_request(get("/large")).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    given_up(connect_silent(&running).await).await;
    let rest = body.collect().await.unwrap().to_bytes();
    assert_eq!(first.len() + rest.len(), LARGE);
}

#[tokio::test]
async fn an_answer_that_is_not_taken_is_reset_and_no_other() {
    let limits = Limits::new().with_write_stall_time(SHORT);
    for path in ["/large", "/endless"] {
        let (running, held) = Running::start(|serve| serve.with_h2c().with_limits(limits)).await;
        let mut sender = connect_with_window(&running, 0).await;
        let other = tokio::spawn(sender.send_request(get("/held")));
        held.arrivals(1).await;
        let response = sender.send_request(get(path)).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let error = response.into_body().collect().await.unwrap_err();
        assert!(format!("{error:?}").contains("CANCEL"), "{path}: {error:?}");
        held.release(1);
        assert_eq!(other.await.unwrap().unwrap().status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_connection_with_nothing_but_answers_that_are_not_taken_is_cut() {
    let limits = Limits::new().with_write_stall_time(SHORT);
    let (running, _) = Running::start(|serve| serve.with_h2c().with_limits(limits)).await;
    // The first byte is let through, so all of the answer is with h2 and its stream is done.
    let mut sender = connect_with_window(&running, 1).await;
    let _unread = sender.send_request(get("/")).await.unwrap();
    while sender.ready().await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_longest_times_for_a_ping_are_no_limit() {
    for (every, within) in
        [(Duration::MAX, SHORT), (Duration::from_secs(30), Duration::MAX), (SHORT, Duration::MAX)]
    {
        let limits = Limits::new().with_ping(Some((every, within)));
        let (running, _) = Running::start(|serve| serve.with_h2c().with_limits(limits)).await;
        let mut sender = connect(&running).await;
        let response = sender.send_request(get("/")).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        drop((sender, response));
        assert_eq!(running.stop().await.panicked, 0);
    }
}

#[tokio::test]
async fn a_client_that_has_said_nothing_yet_does_not_hold_up_the_end() {
    let limits = Limits::new().with_header_read_time(Duration::MAX);
    let (running, _) = Running::start(|serve| serve.with_h2c().with_limits(limits)).await;
    let silent = Wire::connect(running.address).await;
    let mut half = Wire::connect(running.address).await;
    half.send("PRI * HTT").await;
    assert!(running.stop().await.is_clean());
    assert!(silent.closed().await.is_empty());
    assert!(half.closed().await.is_empty());
}

#[tokio::test]
async fn what_began_with_the_first_bytes_is_served_after_the_signal() {
    let (running, _) = Running::start(Serve::with_h2c).await;
    let mut wire = Wire::connect(running.address).await;
    wire.send("P").await;
    let served = running.begin_stop_and_refuse().await;
    wire.send("OST / HTTP/1.1\r\nhost: test\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 200);
    assert!(served.await.unwrap().is_clean());
}
