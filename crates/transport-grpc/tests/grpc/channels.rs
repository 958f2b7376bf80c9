//! Channels over what the program connects itself.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{
    Router, Service,
    client::{ChannelBuilder, channel_over},
};
use tokio::io::DuplexStream;

use crate::support::{call_unary, serve_connection, unary};

fn router() -> Router {
    let echo = endpoint_fn(async |_cx, s: String| Ok::<_, Refusal>(s));
    Router::new().service(Service::new("pb.Test").method("Echo", unary(echo)))
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_serves() {
    let name = format!("oxkit-grpc-{}.sock", std::process::id());
    let path = std::env::temp_dir().join(name);
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve_connection(stream, router()));
        }
    });
    let (builder, socket) = (ChannelBuilder::from_static("http://localhost"), path.clone());
    let channel = channel_over(&builder, move |_| tokio::net::UnixStream::connect(socket.clone()));
    let echo = call_unary(channel, "Echo");
    assert_eq!(echo.call(Context::new(), "hello".into()).await.unwrap(), "hello");
    std::fs::remove_file(path).unwrap();
}

/// A channel to [`router`] within the process, whose first `failures` attempts to connect fail.
async fn failing_first(failures: usize, made: Arc<AtomicUsize>) -> Option<String> {
    let builder = ChannelBuilder::from_static("http://localhost");
    let channel = channel_over(&builder, move |address| {
        assert_eq!(address.host(), Some("localhost"));
        let attempt = made.fetch_add(1, SeqCst);
        std::future::ready(if attempt < failures {
            Err(io::Error::other("no way there"))
        } else {
            let (here, there) = tokio::io::duplex(1_024);
            tokio::spawn(serve_connection(there, router()));
            Ok::<DuplexStream, _>(here)
        })
    });
    let echo = call_unary(channel, "Echo");
    for _ in 0..failures {
        let error = echo.call(Context::new(), "lost".into()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unavailable, false));
        assert!(error.to_string().contains("no way there"), "{error}");
    }
    echo.call(Context::new(), "hello".into()).await.ok()
}

#[tokio::test]
async fn a_connection_is_made_when_it_is_needed_and_again_when_it_failed() {
    for failures in [0, 2] {
        let made = Arc::new(AtomicUsize::new(0));
        let answer = failing_first(failures, Arc::clone(&made)).await;
        assert_eq!(answer.as_deref(), Some("hello"));
        assert_eq!(made.load(SeqCst), failures + 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_not_made_in_time_is_unavailable() {
    let builder = ChannelBuilder::from_static("http://localhost");
    let builder = builder.connect_timeout(Duration::from_secs(1));
    let channel = channel_over(&builder, |_| std::future::pending::<io::Result<DuplexStream>>());
    let error = call_unary(channel, "Echo").call(Context::new(), "x".into()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::Unavailable, false), "{error}");
}
