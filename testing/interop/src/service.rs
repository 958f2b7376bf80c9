//! The service of `proto/interop.proto`, as a program would write it.

use std::{
    future::pending,
    time::{Duration, Instant},
};

use oxkit_core::{Context, ErrorKind, Failure, Operation, Reason, Refusal, endpoint_fn};
use oxkit_transport_grpc::{Ended, GrpcError, Incoming, Metadata, Method, Service, Status};
use tokio::sync::mpsc;

use crate::{Numbers, streams::Sums};

/// How a call ended, as its finalizer was told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ending {
    /// The method.
    pub method: String,
    /// How it ended.
    pub ended: Ended,
    /// The kind of its failure.
    pub kind: Option<ErrorKind>,
    /// How many bytes of messages were sent.
    pub bytes: u64,
}

/// Where finalizers tell of the ends of calls.
pub type Endings = mpsc::UnboundedReceiver<Ending>;

/// The text of a failure, with what has to be escaped on its way.
pub const TEXT: &str = "it \u{e9} failed: 100%";

/// All methods of `interop.Peer`, and one that is given 20 milliseconds.
pub fn methods() -> (Service, Endings) {
    let (tell, endings) = mpsc::unbounded_channel();
    let watched = |method: Method| {
        let tell = tell.clone();
        method.finalize(move |_, report| {
            let method = report.operation().map_or("", Operation::method).to_owned();
            let (ended, kind) = (report.ended(), report.kind());
            // Nobody may listen any more.
            let _ = tell.send(Ending { method, ended, kind, bytes: report.bytes() });
        })
    };
    let service = Service::new("interop.Peer")
        .method("Echo", watched(text(endpoint_fn(echo)).compress()))
        .method("Fail", watched(text(endpoint_fn(fail)).errors(told)))
        .method("Left", watched(text(endpoint_fn(left))))
        .method("Hang", watched(text(endpoint_fn(hang))))
        .method("Capped", watched(text(endpoint_fn(hang)).timeout_cap(Duration::from_millis(20))))
        .method("Reflect", watched(reflect()))
        .method("Sum", watched(Method::client_streaming(endpoint_fn(sum), number, number)))
        .method("Count", watched(Method::server_streaming(endpoint_fn(count), number, number)))
        .method("Running", watched(Method::bidirectional(endpoint_fn(running), number, number)))
        .method("Endless", watched(Method::server_streaming(endpoint_fn(endless), number, number)));
    (service, endings)
}

fn number(number: i64) -> Result<i64, Refusal> {
    Ok(number)
}

fn text<E>(endpoint: E) -> Method
where
    E: oxkit_core::Endpoint<Request = String, Response = String> + 'static,
{
    Method::unary(endpoint, Ok::<String, Refusal>, Ok::<String, Refusal>)
}

async fn echo(_cx: Context, text: String) -> Result<String, Refusal> {
    Ok(text)
}

async fn fail(_cx: Context, name: String) -> Result<String, Refusal> {
    let kind = name.parse().map_err(|_| Refusal::of_kind(ErrorKind::NotFound, "no such code"))?;
    if kind == ErrorKind::ResourceExhausted {
        let limited = Refusal::new(Reason::RateLimited);
        return Err(limited.with_retry_after(Duration::from_millis(1_250)));
    }
    Err(Refusal::of_kind(kind, TEXT))
}

fn told(failure: &(dyn Failure + 'static)) -> Status {
    let status = Status::of(failure);
    match status.kind() {
        ErrorKind::InvalidArgument => status.with_violation("a", "is negative"),
        _ => status,
    }
}

async fn left(cx: Context, _: String) -> Result<String, Refusal> {
    let left = cx.remaining(Instant::now());
    Ok(left.map_or_else(|| "none".to_owned(), |left| left.as_millis().to_string()))
}

async fn hang(_cx: Context, _: String) -> Result<String, Refusal> {
    pending().await
}

/// The metadata that begins with `x-`.
struct Kept(Metadata);

fn reflect() -> Method {
    text(endpoint_fn(echo))
        .before(|cx, metadata| {
            let mut kept = metadata.clone();
            let foreign: Vec<_> = metadata
                .headers()
                .keys()
                .filter(|name| !name.as_str().starts_with("x-"))
                .map(|name| name.as_str().to_owned())
                .collect();
            foreign.iter().for_each(|name| kept.remove(name));
            cx.insert(Kept(kept));
            Ok(())
        })
        .after(|cx, header, trailer| {
            if let Some(Kept(kept)) = cx.get() {
                *header = kept.clone();
                *trailer = kept.clone();
            }
        })
}

async fn sum(_cx: Context, mut numbers: Incoming<i64>) -> Result<i64, GrpcError> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await? {
        sum += number;
    }
    Ok(sum)
}

async fn count(_cx: Context, end: i64) -> Result<Numbers, Refusal> {
    Ok(Numbers::below(end))
}

async fn running(_cx: Context, numbers: Incoming<i64>) -> Result<Sums, Refusal> {
    Ok(Sums::of(numbers))
}

async fn endless(_cx: Context, _: i64) -> Result<Numbers, Refusal> {
    Ok(Numbers::below(i64::MAX))
}
