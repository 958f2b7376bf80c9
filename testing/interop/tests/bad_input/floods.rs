//! Clients that send what is allowed, and far too much of it.

use std::{net::SocketAddr, sync::atomic::Ordering::Relaxed};

use bytes::Bytes;
use testing_interop::Raw;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::scene::{SOON, Scene};

/// How many streams one connection may have at a time, by default.
const STREAMS: u64 = 200;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_resets_ends_the_connection_it_comes_by() {
    let scene = Scene::new().await;
    for _ in 0..3 {
        let mut raw = Raw::connect(scene.server.address()).await.unwrap();
        let mut sent = 0;
        let refused = loop {
            match raw.begin("/t.T/Hang", &[]).await {
                Ok((_response, mut send)) => send.send_reset(h2::Reason::CANCEL),
                Err(error) => break error,
            }
            sent += 1;
            assert!(sent < 1_000_000, "nobody minds");
            if sent % 100 == 0 {
                assert!(scene.alive.load(Relaxed) <= STREAMS);
                tokio::task::yield_now().await;
            }
        };
        let reason = refused.reason();
        assert!(reason.is_none_or(|reason| reason == h2::Reason::ENHANCE_YOUR_CALM), "{refused}");
        let _ = raw.closed().await;
        scene.is_idle().await;
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_are_begun_and_given_up_leave_nothing() {
    let mut scene = Scene::new().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    for _ in 0..100 {
        let (response, mut send) = raw.begin("/t.T/Hang", &[]).await.unwrap();
        send.send_data(Bytes::from_static(b"\0\0\0\0\0"), true).unwrap();
        // The endpoint works on it when it is given up.
        scene.has(1).await;
        drop((response, send));
        let _ = scene.ending().await;
    }
    scene.is_idle().await;
    raw.vanish();
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_connection_has_more_streams_than_are_allowed() {
    let scene = Scene::new().await;
    let mut raw = Raw::connect(scene.server.address()).await.unwrap();
    let mut calls = Vec::new();
    for _ in 0..STREAMS {
        let (response, mut send) = raw.begin("/t.T/Hang", &[]).await.unwrap();
        send.send_data(Bytes::from_static(b"\0\0\0\0\0"), true).unwrap();
        calls.push((response, send));
    }
    scene.has(STREAMS).await;
    // Another one is not sent by a client that keeps the rules; others are served.
    scene.goes_on().await;
    assert_eq!(scene.alive.load(Relaxed), STREAMS);
    drop(calls);
    scene.is_idle().await;
    raw.vanish();
    scene.end().await;
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// Sends `frame` again and again and reads nothing, until the server closes, does not read either,
/// or has had a hundred thousand.
async fn flood(address: SocketAddr, first: &[u8], frame: &[u8]) {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    let _ = stream.write_all(&[PREFACE, first].concat()).await;
    let many = frame.repeat(1_000);
    for _ in 0..100 {
        let patience = std::time::Duration::from_secs(1);
        match timeout(patience, stream.write_all(&many)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => break,
        }
    }
    // What it said meanwhile is bounded: nobody read it.
    let _ = stream.shutdown().await;
    let mut said = 0;
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(Ok(read @ 1..)) = timeout(SOON, stream.read(&mut chunk)).await {
        said += read;
    }
    assert!(said < 16 * 1024 * 1024, "{said} bytes were kept for somebody who reads nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn floods_of_control_frames_end_their_own_connection_or_are_held_back() {
    let scene = Scene::new().await;
    let address = scene.server.address();
    // An open stream of which more headers are promised.
    let open = b"\0\0\x01\x01\0\0\0\0\x01\x82";
    for (first, frame) in [
        // PING; SETTINGS; WINDOW_UPDATE; PRIORITY; an empty DATA; RST_STREAM of idle streams.
        (&b""[..], &b"\0\0\x08\x06\0\0\0\0\0abcdefgh"[..]),
        (b"", b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64"),
        (b"", b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01"),
        (b"", b"\0\0\x05\x02\0\0\0\0\x03\0\0\0\0\x10"),
        (b"", b"\0\0\0\0\0\0\0\0\x01"),
        (b"", b"\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08"),
        // CONTINUATION without an end: with nothing in it, and with a header of no use.
        (open, b"\0\0\0\x09\0\0\0\0\x01"),
        (open, b"\0\0\x07\x09\0\0\0\0\x01\0\x01a\x03bcd"),
    ] {
        flood(address, first, frame).await;
        scene.goes_on().await;
    }
    scene.end().await;
}
