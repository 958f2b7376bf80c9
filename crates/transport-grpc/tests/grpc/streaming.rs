//! Streams are endpoints like any other.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context as Task, Poll},
};

use futures_core::Stream;
use oxkit_core::{Context, Endpoint, ErrorKind, Failure, Refusal, endpoint_fn};
use oxkit_transport_grpc::{
    Ended, GrpcError, Incoming, Method, Outgoing,
    client::{Client, Ended as ClientEnded},
};
use tokio::{sync::mpsc, time::timeout};

use crate::support::{SOON, call_both_streaming, channel, served, serving};

/// Counts from 0, and how often it was asked; ends, fails or goes on.
struct Count {
    next: i64,
    end: i64,
    error: Option<Refusal>,
    asked: Arc<AtomicU64>,
}

impl Stream for Count {
    type Item = Result<i64, Refusal>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        self.asked.fetch_add(1, Relaxed);
        if self.next == self.end {
            return Poll::Ready(self.error.take().map(Err));
        }
        self.next += 1;
        Poll::Ready(Some(Ok(self.next - 1)))
    }
}

fn up_to(end: i64) -> Count {
    Count { next: 0, end, error: None, asked: Arc::default() }
}

fn same(n: i64) -> Result<i64, GrpcError> {
    Ok(n)
}

async fn sum(_cx: Context, mut numbers: Incoming<i64>) -> Result<i64, GrpcError> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await? {
        sum += number;
    }
    Ok(sum)
}

async fn drained(mut numbers: Incoming<i64>) -> Result<Vec<i64>, GrpcError> {
    let mut all = Vec::new();
    while let Some(number) = numbers.next().await? {
        all.push(number);
    }
    Ok(all)
}

#[tokio::test]
async fn the_client_streams() {
    let method = Method::client_streaming(endpoint_fn(sum), same, same);
    let sum = Client::client_streaming(served("Sum", method).await, "pb.Test", "Sum", same, same);
    assert_eq!(sum.call(Context::new(), Outgoing::of([1, 2, 3])).await.unwrap(), 6);
    assert_eq!(sum.call(Context::new(), Outgoing::of([])).await.unwrap(), 0);
    assert_eq!(sum.call(Context::new(), Outgoing::of(0..10_000)).await.unwrap(), 49_995_000);
}

#[tokio::test]
async fn the_server_streams() {
    let count = endpoint_fn(async |_cx, n: i64| Ok::<_, Refusal>(up_to(n)));
    let method = Method::server_streaming(count, same, same);
    let count =
        Client::server_streaming(served("Count", method).await, "pb.Test", "Count", same, same);
    for n in [0, 1, 10_000] {
        let numbers = count.call(Context::new(), n).await.unwrap();
        assert_eq!(drained(numbers).await.unwrap(), (0..n).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_stream_without_messages_may_have_its_status_in_the_headers() {
    // As gRPC's own libraries answer; a status without a body ends there.
    let empty = hyper::service::service_fn(async |_| {
        let response = http::Response::builder()
            .header("content-type", "application/grpc")
            .header("grpc-status", "0")
            .body(http_body_util::Empty::<bytes::Bytes>::new());
        Ok::<_, std::convert::Infallible>(response.unwrap())
    });
    let channel = channel(serving(empty).await);
    let count = Client::server_streaming(channel.clone(), "pb.Test", "Count", same, same);
    let numbers = count.call(Context::new(), 0).await.unwrap();
    assert!(drained(numbers).await.unwrap().is_empty());
    // Of a unary method it is an answer that lacks its message.
    let one = Client::unary(channel, "pb.Test", "One", same, same);
    let error = one.call(Context::new(), 0).await.unwrap_err();
    assert_eq!((error.kind(), error.is_status()), (ErrorKind::Internal, false), "{error:?}");
}

#[tokio::test]
async fn both_stream_in_turns() {
    let echo = endpoint_fn(async |_cx, numbers: Incoming<i64>| Ok::<_, Refusal>(numbers));
    let method = Method::bidirectional(echo, same, same);
    let echo = call_both_streaming(served("Echo", method).await, "Echo");
    let (send, sent) = mpsc::unbounded_channel();
    let mut numbers = echo.call(Context::new(), Outgoing::new(Received(sent))).await.unwrap();
    for n in 0..100 {
        send.send(n).unwrap();
        assert_eq!(timeout(SOON, numbers.next()).await.unwrap().unwrap(), Some(n));
    }
    drop(send);
    assert_eq!(timeout(SOON, numbers.next()).await.unwrap().unwrap(), None);
}

#[tokio::test]
async fn an_error_in_the_middle_comes_after_what_was_sent_before_it() {
    let count = endpoint_fn(async |_cx, n: i64| {
        let error = Some(Refusal::of_kind(ErrorKind::Aborted, "lost a race"));
        Ok::<_, Refusal>(Count { error, ..up_to(n) })
    });
    let method = Method::server_streaming(count, same, same);
    let count =
        Client::server_streaming(served("Count", method).await, "pb.Test", "Count", same, same);
    let mut numbers = count.call(Context::new(), 3).await.unwrap();
    for n in 0..3 {
        assert_eq!(numbers.next().await.unwrap(), Some(n));
    }
    let error = numbers.next().await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Aborted, "lost a race"));
    assert_eq!(numbers.next().await.unwrap(), None);
}

#[tokio::test]
async fn a_slow_reader_holds_the_service_back() {
    let asked = Arc::new(AtomicU64::new(0));
    let shared = Arc::clone(&asked);
    let (tell, mut told) = mpsc::unbounded_channel();
    let endless =
        oxkit_core::endpoint_fn_with(shared, async |asked: &Arc<AtomicU64>, _cx, _: i64| {
            Ok::<_, Refusal>(Count { asked: Arc::clone(asked), ..up_to(i64::MAX) })
        });
    let method = Method::server_streaming(endless, same, same).finalize(move |_, report| {
        let _ = tell.send((report.ended(), report.bytes()));
    });
    let channel = served("Endless", method).await;
    let endless = Client::server_streaming(channel, "pb.Test", "Endless", same, same);
    let mut numbers = endless.call(Context::new(), 0).await.unwrap();
    for n in 0..10 {
        assert_eq!(numbers.next().await.unwrap(), Some(n));
    }
    // Dropping the stream tells the service that its reader is gone.
    drop(numbers);
    let (ended, bytes) = timeout(SOON, told.recv()).await.unwrap().unwrap();
    assert_eq!(ended, Ended::Disconnected);
    assert!(bytes > 0);
    // An endless stream that nobody holds back would never have let this test come so far; what
    // was taken fits into the windows and the buffers between.
    assert!(asked.load(Relaxed) < 5_000_000);
}

#[tokio::test]
async fn a_caller_who_vanishes_is_an_error_and_not_the_end_of_his_messages() {
    let (tell, mut told) = mpsc::unbounded_channel();
    let watch = oxkit_core::endpoint_fn_with(
        tell,
        async |tell: &mpsc::UnboundedSender<_>, _cx, mut numbers: Incoming<i64>| {
            let first = numbers.next().await?;
            let tell = tell.clone();
            // In a task of its own, as dropping the call also drops the endpoint's future.
            tokio::spawn(async move {
                let _ = tell.send((first, numbers.next().await.map_err(|error| error.kind())));
            });
            Ok::<_, GrpcError>(Incoming::<i64>::new(Never))
        },
    );
    let method = Method::bidirectional(watch, same, same);
    let watch = call_both_streaming(served("Watch", method).await, "Watch");
    let (send, sent) = mpsc::unbounded_channel();
    send.send(7).unwrap();
    let answers = watch.call(Context::new(), Outgoing::new(Received(sent))).await.unwrap();
    drop(answers);
    let told = timeout(SOON, told.recv()).await.unwrap().unwrap();
    assert_eq!(told, (Some(7), Err(ErrorKind::Cancelled)));
}

#[tokio::test]
async fn the_clients_finalizer_hears_of_the_end_of_the_stream() {
    let count = endpoint_fn(async |_cx, n: i64| Ok::<_, Refusal>(up_to(n)));
    let method = Method::server_streaming(count, same, same);
    let (tell, mut told) = mpsc::unbounded_channel();
    let count =
        Client::server_streaming(served("Count", method).await, "pb.Test", "Count", same, same)
            .finalize(move |_, report| {
                let _ = tell.send((report.ended(), report.kind()));
            });
    drained(count.call(Context::new(), 3).await.unwrap()).await.unwrap();
    assert_eq!(told.recv().await, Some((ClientEnded::Answered, None)));
    drop(count.call(Context::new(), 3).await.unwrap());
    assert_eq!(told.recv().await, Some((ClientEnded::Dropped, Some(ErrorKind::Cancelled))));
    assert!(told.try_recv().is_err());
}

/// The receiving half of a channel as a stream.
struct Received(mpsc::UnboundedReceiver<i64>);

impl Stream for Received {
    type Item = i64;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<Option<i64>> {
        self.0.poll_recv(task)
    }
}

struct Never;

impl Stream for Never {
    type Item = Result<i64, GrpcError>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Self::Item>> {
        Poll::Pending
    }
}
