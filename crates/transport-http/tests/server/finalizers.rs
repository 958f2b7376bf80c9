//! Finalizers learn the true end of a request, exactly once.

use std::{convert::Infallible, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use http_body_util::{StreamBody, channel::Channel};
use oxkit_core::{ErrorKind, Refusal, endpoint_fn};
use oxkit_transport_http::{
    Body, Ended, JsonCodec, Rejection, Report, Router, Server, decode_nothing,
};
use tokio::sync::{Notify, mpsc};

use crate::support::{Journal, Wire, post, start, text};

fn line(report: &Report<'_>) -> String {
    format!(
        "{} {} {:?} {:?} {:?} {}",
        report.method(),
        report.path(),
        report.ended(),
        report.status().map(|status| status.as_u16()),
        report.kind().map(ErrorKind::name),
        report.bytes(),
    )
}

/// A finalizer that sends what it is told, so that a test can wait for it.
fn told() -> (
    impl Fn(&oxkit_core::Context, &Report<'_>) + Send + Sync + 'static,
    mpsc::UnboundedReceiver<String>,
) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let finalizer = move |_: &oxkit_core::Context, report: &Report<'_>| {
        let _ = sender.send(line(report));
    };
    (finalizer, receiver)
}

#[tokio::test]
async fn an_answer_is_reported_with_its_status_and_its_bytes() {
    let (finalizer, mut reports) = told();
    let endpoint = endpoint_fn(async |_cx, n: u32| {
        if n > 9 {
            return Err(Refusal::of_kind(ErrorKind::OutOfRange, "too much"));
        }
        Ok(n)
    });
    let server = Server::json(endpoint).finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().post("/n", server)).await).await;

    wire.post("/n", "7").await;
    assert_eq!(reports.recv().await.as_deref(), Some("POST /n Answered Some(200) None 2"));
    wire.post("/n", "10").await;
    assert_eq!(
        reports.recv().await.as_deref(),
        Some("POST /n Answered Some(400) Some(\"OUT_OF_RANGE\") 8")
    );
    wire.post("/n", "x").await;
    let rejected = reports.recv().await.unwrap();
    assert!(
        rejected.starts_with("POST /n Answered Some(400) Some(\"INVALID_ARGUMENT\")"),
        "{rejected}"
    );
    assert!(reports.try_recv().is_err());
}

#[tokio::test]
async fn a_business_error_is_reported_as_the_error() {
    let (finalizer, mut reports) = told();
    let endpoint = endpoint_fn(async |_cx, (): ()| {
        Ok::<Result<(), Refusal>, Refusal>(Err(Refusal::of_kind(ErrorKind::AlreadyExists, "twin")))
    });
    let server = Server::json_result(endpoint).finalize(finalizer);
    text(server.handle(post("null")).await).await;
    assert_eq!(
        reports.recv().await.as_deref(),
        Some("POST / Answered Some(409) Some(\"ALREADY_EXISTS\") 4")
    );
}

/// A request whose response streams what the test sends, and what finalizers are told of it.
async fn streaming()
-> (Wire, mpsc::UnboundedSender<Result<Bytes, &'static str>>, mpsc::UnboundedReceiver<String>) {
    let (finalizer, reports) = told();
    let (sender, receiver) = mpsc::unbounded_channel();
    let receiver = Arc::new(std::sync::Mutex::new(Some(receiver)));
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let encode = move |(): ()| {
        let mut chunks: mpsc::UnboundedReceiver<Result<Bytes, &'static str>> =
            receiver.lock().unwrap().take().unwrap();
        async move {
            let (mut send, body) =
                Channel::<Bytes, Box<dyn std::error::Error + Send + Sync>>::new(1);
            tokio::spawn(async move {
                while let Some(chunk) = chunks.recv().await {
                    match chunk {
                        Ok(chunk) => drop(send.send(Frame::data(chunk)).await),
                        Err(error) => return send.abort(error.into()),
                    }
                }
            });
            Ok::<_, Rejection>(Response::new(Body::new(body)))
        }
    };
    let server = Server::new(endpoint, decode_nothing, encode).finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().get("/stream", server)).await).await;
    wire.ask("/stream").await;
    (wire, sender, reports)
}

#[tokio::test]
async fn streamed_bytes_are_counted_and_the_end_is_that_of_the_stream() {
    let (mut wire, chunks, mut reports) = streaming().await;
    chunks.send(Ok(Bytes::from_static(b"hello, "))).unwrap();
    assert!(reports.try_recv().is_err());
    chunks.send(Ok(Bytes::from_static(b"world"))).unwrap();
    drop(chunks);
    assert_eq!(wire.answer().await.body, "hello, world");
    assert_eq!(reports.recv().await.as_deref(), Some("GET /stream Answered Some(200) None 12"));
}

#[tokio::test]
async fn a_stream_that_fails_is_reported_and_breaks_the_connection_off() {
    let (wire, chunks, mut reports) = streaming().await;
    chunks.send(Ok(Bytes::from_static(b"hello"))).unwrap();
    chunks.send(Err("out of paper")).unwrap();
    let sent = String::from_utf8(wire.closed().await).unwrap();
    assert!(!sent.contains("0\r\n\r\n"), "{sent}");
    assert_eq!(
        reports.recv().await.as_deref(),
        Some("GET /stream BodyFailed Some(200) Some(\"INTERNAL\") 5")
    );
}

#[tokio::test]
async fn a_client_that_leaves_in_the_middle_of_a_stream_is_reported_as_gone() {
    let (wire, chunks, mut reports) = streaming().await;
    chunks.send(Ok(Bytes::from_static(b"hello"))).unwrap();
    drop(wire);
    let report = reports.recv().await.unwrap();
    assert!(
        report.starts_with("GET /stream Disconnected Some(200) Some(\"CANCELLED\")"),
        "{report}"
    );
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_is_reported_as_gone() {
    let (finalizer, mut reports) = told();
    let begun = Arc::new(Notify::new());
    let begin = begun.clone();
    let endpoint = endpoint_fn(move |_cx, (): ()| {
        let begin = begin.clone();
        async move {
            begin.notify_one();
            std::future::pending::<Result<(), Refusal>>().await
        }
    });
    let server = Server::new(endpoint, decode_nothing, JsonCodec).finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().get("/slow", server)).await).await;
    wire.ask("/slow").await;
    begun.notified().await;
    drop(wire);
    assert_eq!(
        reports.recv().await.as_deref(),
        Some("GET /slow Disconnected None Some(\"CANCELLED\") 0")
    );
}

#[tokio::test]
async fn a_panic_is_reported_before_it_closes_the_connection() {
    let (finalizer, mut reports) = told();
    let endpoint = endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> { panic!("on purpose") });
    let server = Server::new(endpoint, decode_nothing, JsonCodec).finalize(finalizer);
    let address = start(Router::new().get("/panic", server)).await;
    let mut wire = Wire::connect(address).await;
    wire.ask("/panic").await;
    assert_eq!(wire.closed().await, b"");
    assert_eq!(
        reports.recv().await.as_deref(),
        Some("GET /panic Panicked None Some(\"INTERNAL\") 0")
    );
    assert_eq!(Wire::connect(address).await.get("/other").await.status, 404);
}

#[tokio::test]
async fn a_caught_panic_is_answered_with_500_and_the_connection_lives() {
    let (finalizer, mut reports) = told();
    let endpoint =
        endpoint_fn(async |_cx, secret: String| -> Result<(), Refusal> { panic!("{secret}") });
    let server = Server::json(endpoint).catch_panics().request_id().finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().post("/panic", server)).await).await;
    for _ in 0..2 {
        let answer = wire.post("/panic", "\"hunter2\"").await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.header("x-error-kind"), Some("INTERNAL"));
        assert!(answer.header("x-request-id").is_some());
        assert!(!answer.body.contains("hunter2"), "{answer:?}");
        assert_eq!(
            reports.recv().await.as_deref(),
            Some("POST /panic Panicked Some(500) Some(\"INTERNAL\") 0")
        );
    }
}

#[tokio::test]
async fn a_panic_in_the_response_body_is_reported() {
    let (finalizer, mut reports) = told();
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let encode = async |(): ()| {
        let body = StreamBody::new(Bomb);
        Ok::<_, Rejection>(Response::new(Body::new(body)))
    };
    let server = Server::new(endpoint, decode_nothing, encode).finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().get("/", server)).await).await;
    wire.ask("/").await;
    wire.closed().await;
    assert_eq!(
        reports.recv().await.as_deref(),
        Some("GET / Panicked Some(200) Some(\"INTERNAL\") 0")
    );
}

/// A stream that panics when it is asked.
struct Bomb;

impl futures_core::Stream for Bomb {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        panic!("on purpose")
    }
}

#[tokio::test]
async fn a_panicking_finalizer_neither_aborts_nor_keeps_the_next_from_its_report() {
    let journal = Journal::default();
    let second = journal.clone();
    let endpoint = endpoint_fn(async |_cx, (): ()| -> Result<(), Refusal> { panic!("first") });
    let server = Server::new(endpoint, decode_nothing, JsonCodec)
        .finalize(|_, _| panic!("second"))
        .finalize(move |_, report| second.write(line(report)));
    let handled = tokio::spawn(async move { server.handle(post("")).await }).await;
    assert!(handled.unwrap_err().is_panic());
    assert_eq!(journal.read(), ["POST / Panicked None Some(\"INTERNAL\") 0"]);
}

#[tokio::test]
async fn the_answer_to_head_is_an_answer_although_its_body_is_never_read() {
    let (finalizer, mut reports) = told();
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>("hello"));
    let server = Server::new(endpoint, decode_nothing, JsonCodec).finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().get("/", server)).await).await;
    wire.send("HEAD / HTTP/1.1\r\nhost: test\r\n\r\n").await;
    let answer = wire.head_answer().await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("8")));
    assert_eq!(reports.recv().await.as_deref(), Some("HEAD / Answered Some(200) None 0"));
    assert_eq!(wire.get("/").await.body, "\"hello\"\n");
}

#[tokio::test(start_paused = true)]
async fn the_duration_is_that_of_the_whole_request() {
    let journal = Journal::default();
    let end = journal.clone();
    let endpoint = endpoint_fn(async |_cx, (): ()| {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok::<_, Refusal>(())
    });
    let server = Server::new(endpoint, decode_nothing, JsonCodec).finalize(move |_, report| {
        end.write(format!("{:?} {:?}", report.ended(), report.duration()));
    });
    let response = server.handle(post("")).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    text(response).await;
    assert_eq!(journal.read(), [format!("{:?} 5s", Ended::Answered)]);
}

#[tokio::test]
async fn a_stream_of_a_declared_length_is_answered_with_its_last_byte() {
    let (finalizer, mut reports) = told();
    let endpoint = endpoint_fn(async |_cx, n: usize| Ok::<_, Refusal>(n));
    let encode = async |n: usize| {
        let body = Body::from_stream(Chunks(n));
        let response = Response::builder().header("content-length", n * 5).body(body);
        Ok::<_, Rejection>(response.unwrap())
    };
    let server = Server::new(endpoint, JsonCodec, encode).finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().post("/", server)).await).await;
    for (chunks, bytes) in [("3", 15), ("0", 0)] {
        assert_eq!(wire.post("/", chunks).await.body.len(), bytes);
        let expected = format!("POST / Answered Some(200) None {bytes}");
        assert_eq!(reports.recv().await, Some(expected));
    }
}

#[tokio::test]
async fn a_stream_shorter_than_its_declared_length_is_not_answered() {
    let (finalizer, mut reports) = told();
    let endpoint = endpoint_fn(async |_cx, (): ()| Ok::<_, Refusal>(()));
    let encode = async |(): ()| {
        let response = Response::builder().header("content-length", 100);
        Ok::<_, Rejection>(response.body(Body::from_stream(Chunks(3))).unwrap())
    };
    let server = Server::new(endpoint, decode_nothing, encode).finalize(finalizer);
    let mut wire = Wire::connect(start(Router::new().get("/", server)).await).await;
    wire.ask("/").await;
    wire.closed().await;
    assert_eq!(
        reports.recv().await.as_deref(),
        Some("GET / BodyFailed Some(200) Some(\"INTERNAL\") 15")
    );
}

/// So many chunks of five bytes.
struct Chunks(usize);

impl futures_core::Stream for Chunks {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        let left = self.0.checked_sub(1);
        self.0 = left.unwrap_or_default();
        std::task::Poll::Ready(left.map(|_| Ok(Bytes::from_static(b"hello"))))
    }
}
