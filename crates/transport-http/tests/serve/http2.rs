//! HTTP/2 in the clear: found by its preface, ended without hanging.

use std::time::Duration;

use http::{Request, StatusCode};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use oxkit_transport_http::{
    Body,
    serve::{Limits, Serve},
};
use tokio::{io::AsyncReadExt, io::AsyncWriteExt, net::TcpStream};

use crate::{support::Wire, world::Running};

/// What a client says first, and its empty settings.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

async fn connect(running: &Running) -> SendRequest<Body> {
    let stream = TcpStream::connect(running.address).await.unwrap();
    let (sender, connection) = handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
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
    let mut stream = TcpStream::connect(running.address).await.unwrap();
    stream.write_all(HELLO).await.unwrap();
    // The server's settings: it speaks HTTP/2 from here on.
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
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
