//! The end of serving: what was accepted is answered, and it does end.

use std::time::Duration;

use oxkit_transport_http::serve::Served;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    support::Wire,
    world::{Held, Running, refuses},
};

/// A loop that was told to stop, and a connection on which it had answered before.
async fn stopped_after_an_answer() -> (JoinHandle<Served>, Wire) {
    let (running, _) = Running::start(|serve| serve).await;
    let mut wire = Wire::connect(running.address).await;
    assert_eq!(wire.get("/").await.status, 200);
    (running.begin_stop_and_refuse().await, wire)
}

#[tokio::test]
async fn requests_in_flight_are_answered_and_told_to_close() {
    let (running, held) = Running::start(|serve| serve).await;
    let mut wires = Vec::new();
    for _ in 0..200 {
        let mut wire = Wire::connect(running.address).await;
        wire.ask("/held").await;
        wires.push(wire);
    }
    held.arrivals(200).await;
    let served = running.begin_stop_and_refuse().await;
    held.release(200);
    for mut wire in wires {
        let answer = wire.answer().await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("connection"), Some("close"));
    }
    let served = served.await.unwrap();
    assert!(served.is_clean());
    assert!(served.connections >= 200);
}

#[tokio::test]
async fn connections_at_rest_are_closed() {
    let (running, _) = Running::start(|serve| serve).await;
    let mut used = Wire::connect(running.address).await;
    assert_eq!(used.get("/").await.status, 200);
    let fresh = Wire::connect(running.address).await;
    assert!(running.stop().await.is_clean());
    assert!(used.closed().await.is_empty());
    assert!(fresh.closed().await.is_empty());
}

#[tokio::test]
async fn a_request_on_a_connection_used_just_now_is_answered_after_the_signal() {
    let (served, mut wire) = stopped_after_an_answer().await;
    let answer = wire.get("/").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("connection"), Some("close"), "or the client would send another");
    assert!(served.await.unwrap().is_clean());
}

#[tokio::test]
async fn an_upgrade_after_the_signal_is_still_one() {
    let (served, mut wire) = stopped_after_an_answer().await;
    wire.send(
        "GET /upgrade HTTP/1.1\r\nhost: test\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n",
    )
    .await;
    let answer = wire.answer().await;
    assert_eq!(answer.status, 101);
    assert_eq!(answer.header("connection"), Some("upgrade"));
    assert!(served.await.unwrap().is_clean());
}

#[tokio::test]
async fn a_head_half_received_may_be_finished() {
    let (running, _) = Running::start(|serve| serve).await;
    let mut wire = Wire::connect(running.address).await;
    wire.send("GET / HTTP/1.1\r\nhost").await;
    let served = running.begin_stop_and_refuse().await;
    wire.send(": test\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 200);
    assert!(served.await.unwrap().is_clean());
}

#[tokio::test]
async fn what_waits_in_the_listeners_queue_is_served() {
    // Bound and filled before the loop runs for the first time, and stopped before it accepts.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut wires = Vec::new();
    for _ in 0..50 {
        let mut wire = Wire::connect(address).await;
        wire.ask("/").await;
        wires.push(wire);
    }
    let served = oxkit_transport_http::serve(listener, Held::new())
        .with_graceful_shutdown(std::future::ready(()))
        .await;
    assert_eq!((served.connections, served.aborted), (50, 0));
    for mut wire in wires {
        assert_eq!(wire.answer().await.status, 200);
    }
}

#[tokio::test]
async fn what_is_not_done_in_time_is_cut_off_and_counted() {
    let (running, held) =
        Running::start(|serve| serve.drain_within(Duration::from_millis(50))).await;
    let mut wires = Vec::new();
    for _ in 0..3 {
        let mut wire = Wire::connect(running.address).await;
        wire.ask("/held").await;
        wires.push(wire);
    }
    held.arrivals(3).await;
    let served = running.stop().await;
    assert_eq!(served.aborted, 3);
    assert!(!served.is_clean());
    for wire in wires {
        assert!(wire.closed().await.is_empty());
    }
}

#[tokio::test]
async fn dropping_the_future_closes_everything() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let held = Held::new();
    let serving = tokio::spawn(oxkit_transport_http::serve(listener, held.clone()).into_future());
    let mut wire = Wire::connect(address).await;
    wire.ask("/held").await;
    held.arrivals(1).await;
    serving.abort();
    assert!(wire.closed().await.is_empty());
    refuses(address).await;
}
