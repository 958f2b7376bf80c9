//! A panic in the middle of a stream.

use std::{
    pin::Pin,
    task::{Context as Task, Poll},
};

use futures_core::Stream;
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Ended, Method, client::Client};
use tokio::sync::mpsc;

use crate::support::served;

/// Counts to three, and panics.
struct Bomb(i64);

impl Stream for Bomb {
    type Item = Result<i64, Refusal>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.0 += 1;
        assert!(self.0 <= 3, "a secret");
        Poll::Ready(Some(Ok(self.0)))
    }
}

fn same(n: i64) -> Result<i64, Refusal> {
    Ok(n)
}

fn bomb() -> Method {
    let bomb = endpoint_fn(async |_cx, n: i64| Ok::<_, Refusal>(Bomb(n)));
    Method::server_streaming(bomb, same, same)
}

#[tokio::test]
async fn one_that_is_caught_is_a_status_after_what_was_sent_before_it() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let watched = bomb().catch_panics().finalize(move |_, report| {
        let source = report.error().and_then(std::error::Error::source).map(ToString::to_string);
        let _ = tell.send((report.ended(), report.kind(), source));
    });
    for method in [watched, bomb().catch_panics()] {
        let channel = served("Bomb", method).await;
        let bomb = Client::server_streaming(channel, "pb.Test", "Bomb", same, same);
        let mut numbers = bomb.call(Context::new(), 0).await.unwrap();
        for n in 1..=3 {
            assert_eq!(numbers.next().await.unwrap(), Some(n));
        }
        let error = numbers.next().await.unwrap_err();
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::Internal, true));
        assert_eq!(error.to_string(), ErrorKind::Internal.description());
    }
    let source = Some("a secret".to_owned());
    assert_eq!(told.recv().await, Some((Ended::Panicked, Some(ErrorKind::Internal), source)));
    assert!(told.try_recv().is_err(), "it is told once");
}

#[tokio::test]
async fn one_that_is_not_caught_resets_the_stream_and_no_other() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let method = bomb().finalize(move |_, report| {
        let _ = tell.send((report.ended(), report.kind()));
    });
    let channel = served("Bomb", method).await;
    let bomb = Client::server_streaming(channel, "pb.Test", "Bomb", same, same);
    for _ in 0..2 {
        let error = match bomb.call(Context::new(), 0).await {
            Ok(mut numbers) => loop {
                if let Err(error) = numbers.next().await {
                    break error;
                }
            },
            Err(error) => error,
        };
        assert!(!error.is_status(), "{error:?}");
        assert_eq!(told.recv().await, Some((Ended::Panicked, Some(ErrorKind::Internal))));
    }
}
