//! A panic anywhere on the way is answered where that was asked for, and always reported.

use std::{
    pin::Pin,
    task::{Context as Task, Poll},
    time::Duration,
};

use futures_core::Stream;
use http::{Request, Version};
use http_body_util::{BodyExt, Full};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Ended, GrpcError, Method, Router, Service, Status, client::Client};
use tokio::{sync::mpsc, time::timeout};

use crate::support::{SOON, served};

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

fn bomb_at(place: &str, here: &str) {
    assert!(place != here, "boom");
}

/// One message for a request of nothing, or at some places none.
fn one(place: &'static str) -> Method {
    let endpoint = endpoint_fn(move |_: Context, n: i64| {
        bomb_at(place, "endpoint");
        async move {
            bomb_at(place, "endpoint's future");
            let fails = place == "status";
            if fails { Err(Refusal::of_kind(ErrorKind::NotFound, "none")) } else { Ok(n) }
        }
    });
    let decode = move |n: i64| {
        bomb_at(place, "decoder");
        same(n)
    };
    let encode = move |n: i64| {
        bomb_at(place, "encoder");
        same(n)
    };
    Method::unary(endpoint, decode, encode)
}

/// A stream of one message, which at some places fails and at others does not end.
fn many(place: &'static str) -> Method {
    let endpoint = endpoint_fn(move |_: Context, _: i64| async move {
        let (tell, told) = mpsc::unbounded_channel();
        let first = match place {
            "status of a stream" => Err(GrpcError::of_kind(ErrorKind::NotFound, "none")),
            _ => Ok(7),
        };
        tell.send(first).expect("it is there");
        // Held until the deadline, or until nobody listens.
        tokio::spawn(async move { tell.closed().await });
        Ok::<_, Refusal>(Queue(told))
    });
    let encode = move |n: i64| {
        bomb_at(place, "encoder of a stream");
        same(n)
    };
    Method::server_streaming(endpoint, same, encode).timeout_cap(Duration::from_secs(1))
}

struct Queue(mpsc::UnboundedReceiver<Result<i64, GrpcError>>);

impl Stream for Queue {
    type Item = Result<i64, GrpcError>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(task)
    }
}

/// The status that a call of nothing is answered with.
async fn status_of(router: Router) -> Option<ErrorKind> {
    let request = Request::post("/pb.Test/M")
        .version(Version::HTTP_2)
        .header("content-type", "application/grpc")
        .body(Full::from(&b"\0\0\0\0\0"[..]));
    let request = request.expect("a good request");
    let answer = hyper::service::Service::call(&router, request).await.expect("an answer");
    let mut headers = answer.headers().clone();
    let body = timeout(SOON, answer.into_body().collect()).await.expect("it ends");
    let body = body.expect("a whole body");
    headers.extend(body.trailers().cloned().unwrap_or_default());
    headers["grpc-status"].to_str().ok()?.parse().ok().and_then(ErrorKind::from_code)
}

/// Panics at `place`, once with panics caught and once without.
async fn check(place: &'static str, method: Method) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let method = method
        .before(move |_, _| {
            bomb_at(place, "before");
            Ok(())
        })
        .after(move |_, _, _| bomb_at(place, "after"))
        .errors(move |failure| {
            // And so it does when it is asked for the status of its own panic.
            assert!(!place.starts_with("status"), "boom");
            Status::of(failure)
        })
        .finalize(move |_, report| {
            let _ = tell.send((report.ended(), report.kind()));
        });
    let panicked = Ok((Ended::Panicked, Some(ErrorKind::Internal)));
    let router = |method| Router::new().service(Service::new("pb.Test").method("M", method));

    let caught = status_of(router(method.clone().catch_panics())).await;
    assert_eq!(caught, Some(ErrorKind::Internal), "{place}");
    assert_eq!(told.try_recv(), panicked, "{place}");
    assert!(told.try_recv().is_err(), "{place}: it is told once");

    let task = tokio::spawn(status_of(router(method)));
    assert!(task.await.is_err_and(|error| error.is_panic()), "{place}");
    assert_eq!(told.try_recv(), panicked, "{place}");
    assert!(told.try_recv().is_err(), "{place}: it is told once");
}

#[tokio::test(start_paused = true)]
async fn wherever_it_happens() {
    for place in
        ["before", "decoder", "endpoint", "endpoint's future", "encoder", "after", "status"]
    {
        check(place, one(place)).await;
    }
    for place in ["encoder of a stream", "status of a stream", "status at the deadline", "after"] {
        check(place, many(place)).await;
    }
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
