//! Clients that vanish in the middle of a stream.

use std::time::Duration;

use bytes::Bytes;
use oxkit_core::{Context, Endpoint, Refusal};
use oxkit_transport_grpc::{Ended, client::Client};
use oxkit_transport_http::serve::Limits;
use testing_interop::{Raw, channel};
use testing_servers::Proxy;
use tokio::time::timeout;

use crate::scene::{SOON, Scene};

const NUMBER: &[u8] = b"\0\0\0\0\0";

/// Opens so many endless streams, and reads the beginning of each.
async fn streams(raw: &mut Raw, count: usize) -> Vec<h2::RecvStream> {
    let mut bodies = Vec::new();
    for _ in 0..count {
        let (response, mut send) = raw.begin("/t.T/Endless", &[]).await.expect("it is open");
        send.send_data(Bytes::from_static(NUMBER), true).expect("it is taken");
        let mut body =
            timeout(SOON, response).await.expect("it answers").expect("well").into_body();
        let first = timeout(SOON, body.data()).await.expect("it begins");
        assert!(first.is_some_and(|read| read.is_ok()));
        bodies.push(body);
    }
    bodies
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_closes_the_socket_ends_all_its_streams() {
    let mut scene = Scene::new().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    let bodies = streams(&mut raw, 50).await;
    raw.vanish();
    for _ in 0..bodies.len() {
        assert_eq!(scene.ending().await, Ended::Disconnected);
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_vanishes_before_its_message_is_whole_is_not_waited_for() {
    let mut scene = Scene::new().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    let (_response, mut send) = raw.begin("/t.T/Hang", &[]).await.unwrap();
    send.send_data(Bytes::from_static(b"\0\0\0\0\x09x"), false).unwrap();
    // Sent before the answer to this is: the server has it.
    assert_eq!(raw.call("/t.T/Echo", &[], NUMBER).await.unwrap().kind, None);
    raw.vanish();
    assert_eq!(scene.ending().await, Ended::Disconnected);
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_has_lost_its_way_is_noticed_by_pings() {
    let ping = (Duration::from_millis(100), Duration::from_millis(100));
    let mut scene = Scene::within(Limits::new().with_ping(Some(ping))).await;
    let proxy = Proxy::to(scene.server.address());
    let number = |number: i64| Ok::<_, Refusal>(number);
    let text = |text: String| Ok::<_, Refusal>(text);
    let endless =
        Client::server_streaming(channel(proxy.address()), "t.T", "Endless", number, number);
    let mut numbers = endless.call(Context::new(), 0).await.unwrap();
    assert_eq!(numbers.next().await.unwrap(), Some(0));
    let hang = Client::unary(channel(proxy.address()), "t.T", "Hang", text, text);
    let hanging = tokio::spawn(async move { hang.call(Context::new(), String::new()).await });
    // Both calls have come before the network is lost.
    scene.has(2).await;
    proxy.stall();
    assert_eq!(scene.ending().await, Ended::Disconnected);
    assert_eq!(scene.ending().await, Ended::Disconnected);
    hanging.abort();
    let _ = hanging.await;
    drop((numbers, endless));
    drop(proxy);
    scene.end().await;
}
