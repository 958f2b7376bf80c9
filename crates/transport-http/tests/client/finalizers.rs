//! A finalizer is told of every end of a call, once, and truly.

use http::{Request, Response};
use oxkit_core::{Context, Endpoint, Failure};
use oxkit_transport_http::{
    Body, ClientError,
    client::{Client, Pool, Report},
};
use tokio::net::TcpListener;

use crate::{
    peer::{Peer, method},
    support::Journal,
};

fn line(report: &Report<'_>) -> String {
    let status = report.status().map(|status| status.as_u16());
    assert_eq!(report.error().map(Failure::kind), report.error().and(report.kind()));
    format!("{:?} {status:?} {:?} {}", report.ended(), report.kind(), report.bytes())
}

async fn told(answer: &str) -> Vec<String> {
    let peer = Peer::answering(answer).await;
    let journal = Journal::default();
    let lines = journal.clone();
    let client = method(peer.uri()).finalize(move |_, report| lines.write(line(report)));
    let _ = client.call(Context::new(), String::new()).await;
    journal.read()
}

#[tokio::test]
async fn answers_and_failures_are_told_once_with_what_came() {
    for (answer, expected) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\"x\"", "Answered Some(200) None 3"),
        (
            "HTTP/1.1 409 Conflict\r\ncontent-length: 3\r\n\r\nabc",
            "Failed Some(409) Some(Aborted) 3",
        ),
        ("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc", "Failed Some(200) Some(Internal) 3"),
        ("", "Failed None Some(Unavailable) 0"),
    ] {
        assert_eq!(told(answer).await, [expected], "{answer}");
    }
}

#[tokio::test]
async fn a_dropped_call_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let journal = Journal::default();
    let lines = journal.clone();
    let client = method(uri).finalize(move |_, report| lines.write(line(report)));
    let call = tokio::spawn(async move { client.call(Context::new(), String::new()).await });
    let _held = listener.accept().await.unwrap();
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    assert_eq!(journal.read(), ["Dropped None Some(Cancelled) 0"]);
}

#[tokio::test]
async fn a_streaming_call_ends_with_its_body() {
    let whole = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    let broken = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n5\r\nx";
    for (answer, expected) in
        [(whole, "Answered Some(200) None 3"), (broken, "BodyFailed Some(200) Some(Unavailable) 4")]
    {
        let peer = Peer::answering(answer).await;
        let journal = Journal::default();
        let lines = journal.clone();
        let client = Client::new(
            &Pool::new(),
            async |()| Ok::<_, ClientError>(Request::new(Body::empty())),
            async |response: Response<Body>| Ok::<_, ClientError>(response.into_body()),
        )
        .base(peer.uri())
        .finalize(move |_, report| lines.write(line(report)));
        let body = client.call(Context::new(), ()).await.unwrap();
        assert_eq!(journal.read(), Vec::<String>::new(), "the body is still to come");
        let _ = body.collect(100).await;
        assert_eq!(journal.read(), [expected]);
    }
}

#[tokio::test]
async fn a_panic_of_the_codec_is_told() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let journal = Journal::default();
    let lines = journal.clone();
    let client = Client::new(
        &Pool::new(),
        async |()| Ok::<_, ClientError>(Request::new(Body::empty())),
        async |_: Response<Body>| -> Result<(), ClientError> {
            std::panic::resume_unwind(Box::new("on purpose"))
        },
    )
    .base(peer.uri())
    .finalize(move |_, report| lines.write(line(report)));
    let call = tokio::spawn(async move { client.call(Context::new(), ()).await });
    assert!(call.await.unwrap_err().is_panic());
    assert_eq!(journal.read().len(), 1);
}

#[tokio::test]
async fn a_finalizer_that_panics_ends_alone() {
    let peer = Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\"x\"").await;
    let journal = Journal::default();
    let lines = journal.clone();
    let client = method(peer.uri())
        .finalize(|_, _| std::panic::resume_unwind(Box::new("on purpose")))
        .finalize(move |_, report| lines.write(line(report)));
    assert_eq!(client.call(Context::new(), String::new()).await.unwrap(), "x");
    assert_eq!(journal.read(), ["Answered Some(200) None 3"]);
}

#[tokio::test]
async fn the_headers_are_told_as_they_came() {
    let peer = Peer::answering("HTTP/1.1 404 No\r\nx-v: 1\r\ncontent-length: 0\r\n\r\n").await;
    let journal = Journal::default();
    let told = |lines: Journal| {
        move |_: &Context, report: &Report<'_>| {
            let value = report.headers().map(|headers| headers.get("x-v").cloned());
            lines.write(format!("{value:?}"));
        }
    };
    let client = method(peer.uri())
        .after(|_, parts| {
            parts.headers.remove("x-v");
        })
        .finalize(told(journal.clone()));
    assert!(client.call(Context::new(), String::new()).await.is_err());
    assert_eq!(journal.read(), ["Some(Some(\"1\"))"]);

    let client = method("/no/server".parse().unwrap()).finalize(told(journal.clone()));
    assert!(client.call(Context::new(), String::new()).await.is_err());
    assert_eq!(journal.read(), ["None"], "no response came");
}
