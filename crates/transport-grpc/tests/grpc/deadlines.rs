//! How long the caller waits travels with the call.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use http::{HeaderValue, Request, Version};
use http_body_util::{BodyExt, Full};
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{
    Ended, Incoming, Method, Outgoing, Router, Service,
    client::{self, Client},
};
use tokio::{sync::mpsc, time::timeout};

use crate::support::{SOON, call_both_streaming, call_unary, served, unary};

#[tokio::test]
async fn without_a_deadline_of_the_caller_the_method_has_its_own() {
    let left = endpoint_fn(async |cx: Context, _: String| {
        let left = cx.remaining(Instant::now()).unwrap();
        Ok::<_, Refusal>(left.as_secs().to_string())
    });
    let left = call_unary(served("Left", unary(left)).await, "Left");
    assert_eq!(left.call(Context::new(), String::new()).await.unwrap(), "29");
}

#[tokio::test]
async fn the_caller_gives_up_in_time_and_the_server_learns_of_it() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let hang = endpoint_fn(async |_cx, _: String| -> Result<String, Refusal> { pending().await });
    let method = unary(hang).timeout_floor(Duration::from_secs(600)).finalize(move |_, report| {
        let _ = tell.send((report.ended(), report.kind()));
    });
    let hang = call_unary(served("Hang", method).await, "Hang");
    let cx = Context::new().with_deadline(Instant::now() + Duration::from_millis(50));
    let error = hang.call(cx, String::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
    let (ended, kind) = timeout(SOON, told.recv()).await.unwrap().unwrap();
    assert_eq!(ended, Ended::Disconnected);
    assert_eq!(kind, Some(ErrorKind::Cancelled));
}

#[tokio::test]
async fn a_call_without_any_time_is_late_when_it_comes() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let watched = |method: Method| {
        let tell = tell.clone();
        method.finalize(move |_, report| {
            let reason = report.error().map(ToString::to_string);
            let _ = tell.send((report.ended(), report.kind(), reason));
        })
    };
    let same = Ok::<i64, Refusal>;
    let one = endpoint_fn(async |_cx, n: i64| Ok::<_, Refusal>(n));
    let sum = endpoint_fn(async |_cx, _: Incoming<i64>| Ok::<_, Refusal>(0));
    let count = endpoint_fn(async |_cx, n: i64| Ok::<_, Refusal>(Incoming::of(0..n)));
    let echo = endpoint_fn(async |_cx, numbers: Incoming<i64>| Ok::<_, Refusal>(numbers));
    let service = Service::new("pb.Test")
        .method("One", watched(Method::unary(one, same, same)))
        .method("Sum", watched(Method::client_streaming(sum, same, same)))
        .method("Count", watched(Method::server_streaming(count, same, same)))
        .method("Echo", watched(Method::bidirectional(echo, same, same)))
        .method(
            "Floor",
            watched(Method::unary(one, same, same).timeout_floor(Duration::from_secs(60))),
        );
    let router = Router::new().service(service);
    for (method, timeout, late) in [
        ("One", "0n", true),
        ("Sum", "0S", true),
        ("Count", "00000000H", true),
        ("Echo", "0u", true),
        ("One", "1H", false),
        ("Floor", "0n", false),
    ] {
        let request = Request::post(format!("/pb.Test/{method}"))
            .version(Version::HTTP_2)
            .header("content-type", "application/grpc")
            .header("grpc-timeout", timeout)
            .body(Full::from(&b"\0\0\0\0\0"[..]));
        let answer = hyper::service::Service::call(&router, request.unwrap()).await.unwrap();
        let status = answer.headers().get("grpc-status").map(HeaderValue::as_bytes);
        assert_eq!(status, late.then_some(&b"4"[..]), "{method} {timeout}");
        let _ = answer.into_body().collect().await.unwrap();
        let (ended, kind, reason) = told.recv().await.unwrap();
        assert_eq!(ended, Ended::Answered, "{method} {timeout}");
        assert_eq!(kind, late.then_some(ErrorKind::DeadlineExceeded), "{method} {timeout}");
        assert_eq!(reason.is_some(), late, "{method} {timeout}");
    }
}

#[tokio::test]
async fn a_stream_ends_at_the_deadline_on_both_sides() {
    let echo = endpoint_fn(async |_cx, numbers: Incoming<i64>| Ok::<_, Refusal>(numbers));
    let method = Method::bidirectional(echo, Ok::<i64, Refusal>, Ok::<i64, Refusal>);
    // The server's own limit, seen by the client as a status.
    let limited = method.clone().timeout_cap(Duration::from_millis(20));
    let echo = call_both_streaming(served("Echo", limited).await, "Echo");
    let (_open, sent) = mpsc::unbounded_channel();
    let mut numbers = echo.call(Context::new(), Outgoing::new(Channel(sent))).await.unwrap();
    let error = timeout(SOON, numbers.next()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::DeadlineExceeded, true));

    // The client's, while the server goes on.
    let patient = method.timeout_floor(Duration::from_secs(600));
    let echo = call_both_streaming(served("Echo", patient).await, "Echo");
    let (_open, sent) = mpsc::unbounded_channel();
    let cx = Context::new().with_deadline(Instant::now() + Duration::from_millis(200));
    let mut numbers = echo.call(cx, Outgoing::new(Channel(sent))).await.unwrap();
    let error = timeout(SOON, numbers.next()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::DeadlineExceeded, false));
}

#[tokio::test]
async fn a_caller_that_asks_for_nothing_gives_up_in_time_all_the_same() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let echo = endpoint_fn(async |_cx, numbers: Incoming<i64>| Ok::<_, Refusal>(numbers));
    let number = Ok::<i64, Refusal>;
    let method = Method::bidirectional(echo, number, number)
        .timeout_floor(Duration::from_secs(600))
        .finalize(move |_, report| {
            let _ = tell.send((report.ended(), report.kind()));
        });
    let (tell, mut told_here) = mpsc::unbounded_channel();
    let echo =
        Client::bidirectional(served("Echo", method).await, "pb.Test", "Echo", number, number)
            .finalize(move |_, report| {
                let _ = tell.send((report.ended(), report.kind()));
            });
    let (open, sent) = mpsc::unbounded_channel();
    let cx = Context::new().with_deadline(Instant::now() + Duration::from_secs(1));
    let mut numbers = echo.call(cx, Outgoing::new(Channel(sent))).await.unwrap();
    open.send(7).unwrap();
    assert_eq!(numbers.next().await.unwrap(), Some(7));

    let here = timeout(SOON, told_here.recv()).await.expect("though nobody asks").unwrap();
    assert_eq!(here, (client::Ended::Failed, Some(ErrorKind::DeadlineExceeded)));
    let there = timeout(SOON, told.recv()).await.expect("it is told").unwrap();
    assert_eq!(there, (Ended::Disconnected, Some(ErrorKind::Cancelled)));
    timeout(SOON, open.closed()).await.expect("nothing more is sent");
    assert_eq!(numbers.next().await.unwrap_err().kind(), ErrorKind::DeadlineExceeded);
    assert_eq!(numbers.next().await.unwrap(), None);
    assert!(told_here.try_recv().is_err(), "it is told once");
}

#[tokio::test]
async fn a_stream_that_always_has_a_message_ends_at_the_deadline_too() {
    let endless = endpoint_fn(async |_cx, from: i64| Ok::<_, Refusal>(Incoming::of(from..)));
    let number = Ok::<i64, Refusal>;
    let method = Method::server_streaming(endless, number, number);
    let limited = method.clone().timeout_cap(Duration::from_millis(100));
    let patient = method.timeout_floor(Duration::from_secs(600));
    // The server's own limit, and the client's while the server goes on.
    for (method, limit, is_status) in [(limited, 600, true), (patient, 1, false)] {
        let channel = served("Endless", method).await;
        let endless = Client::server_streaming(channel, "pb.Test", "Endless", number, number);
        let cx = Context::new().with_deadline(Instant::now() + Duration::from_secs(limit));
        let error = timeout(SOON, async {
            // On a machine that is busy the time may be over before the first message came.
            let mut numbers = match endless.call(cx, 0).await {
                Ok(numbers) => numbers,
                Err(error) => return error,
            };
            loop {
                if let Err(error) = numbers.next().await {
                    return error;
                }
            }
        });
        let error = error.await.expect("it ends");
        assert_eq!((error.kind(), error.is_status()), (ErrorKind::DeadlineExceeded, is_status));
    }
}

/// The receiving half of a channel as a stream.
struct Channel(mpsc::UnboundedReceiver<i64>);

impl futures_core::Stream for Channel {
    type Item = i64;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        task: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<i64>> {
        self.0.poll_recv(task)
    }
}
