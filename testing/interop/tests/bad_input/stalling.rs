//! Readers that open a stream and take nothing of it.

use std::time::Duration;

use bytes::Bytes;
use oxkit_core::ErrorKind;
use oxkit_transport_grpc::Ended;
use oxkit_transport_http::serve::Limits;
use testing_interop::{Raw, whole};
use tokio::time::timeout;

use crate::scene::{SOON, Scene};

const NUMBER: &[u8] = b"\0\0\0\0\0";

/// A server that would go on waiting for such a reader.
async fn patient() -> Scene {
    let hour = Duration::from_secs(3_600);
    Scene::within(Limits::new().with_write_stall_time(hour)).await
}

/// Opens so many endless streams with this deadline, and reads the head of each. What follows is
/// more than the window of a stream, and nobody makes it wider.
async fn open(raw: &mut Raw, count: usize, deadline: &[u8]) -> Vec<h2::RecvStream> {
    let mut bodies = Vec::new();
    for _ in 0..count {
        let begun = raw.begin("/t.T/Endless", &[("grpc-timeout", deadline)]).await;
        let (response, mut send) = begun.expect("it is open");
        send.send_data(Bytes::from_static(NUMBER), true).expect("it is taken");
        let response = timeout(SOON, response).await.expect("it answers").expect("well");
        assert!(response.headers().get("grpc-status").is_none(), "it has begun");
        bodies.push(response.into_body());
    }
    bodies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_nobody_reads_ends_at_its_deadline() {
    let mut scene = patient().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    let mut bodies = open(&mut raw, 20, b"2S").await;
    for _ in 0..bodies.len() {
        let late = (Ended::Answered, Some(ErrorKind::DeadlineExceeded));
        assert_eq!(scene.ending_of_kind().await, late);
    }
    // The streams of the service are dropped, though the connection is as it was.
    scene.is_idle().await;

    // Whoever reads again is told, after what had been sent before.
    for body in &mut bodies {
        let trailers = timeout(SOON, whole(body)).await.expect("it ends").expect("with a status");
        assert_eq!(trailers["grpc-status"], "4");
    }
    let answer = raw.call("/t.T/Echo", &[], NUMBER).await.unwrap();
    assert_eq!((answer.kind, answer.is_grpc), (None, true));
    raw.vanish();
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_end_before_their_deadline_leave_no_timer() {
    let mut scene = patient().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    let mut bodies = open(&mut raw, 20, b"1H").await;
    // Some are given up, and the others go with their connection.
    drop(bodies.split_off(10));
    for _ in 0..10 {
        assert_eq!(scene.ending().await, Ended::Disconnected);
    }
    raw.vanish();
    for _ in 0..10 {
        assert_eq!(scene.ending().await, Ended::Disconnected);
    }
    // Which looks for tasks that are left.
    scene.end().await;
}
