//! Follows a call to its true end, for the finalizers and the trailers.

use std::{
    mem,
    panic::resume_unwind,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context as Task, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use oxkit_core::{Context, ErrorKind, Failure, Finalizers, Refusal, future::Panic};
use tokio::time::Instant;
use tonic::body::Body;

use super::{
    report::{Ended, Report},
    settings::{Finalizer, Settings},
    timed::Timed,
};
use crate::Status;

/// Owed to the finalizers of one call; only made where there are some.
///
/// Whoever knows the end says so with [`end`](Self::end). Dropping it without is an end too: the
/// caller went away.
pub(super) struct Watch {
    finalizers: Finalizers<Finalizer>,
    owed: bool,
    cx: Context,
    arrival: std::time::Instant,
    kind: Option<ErrorKind>,
    error: Option<Box<dyn Failure>>,
    bytes: u64,
}

impl Watch {
    pub(super) fn new(
        finalizers: &Finalizers<Finalizer>,
        arrival: std::time::Instant,
    ) -> Option<Box<Self>> {
        (!finalizers.is_empty()).then(|| {
            Box::new(Self {
                finalizers: finalizers.clone(),
                owed: true,
                cx: Context::new(),
                arrival,
                kind: None,
                error: None,
                bytes: 0,
            })
        })
    }

    /// What the before hooks made of the context.
    pub(super) fn context(&mut self, cx: Context) {
        self.cx = cx;
    }

    pub(super) fn failed(&mut self, kind: ErrorKind, error: Box<dyn Failure>) {
        self.kind = Some(kind);
        self.error = Some(error);
    }

    pub(super) fn end(&mut self, ended: Ended) {
        if !mem::replace(&mut self.owed, false) {
            return;
        }
        let now = Instant::now().into_std();
        let report = Report {
            ended,
            operation: self.cx.operation(),
            kind: self.kind,
            error: self.error.as_deref(),
            bytes: self.bytes,
            duration: now.saturating_duration_since(self.arrival),
        };
        self.finalizers.tell(|finalizer| finalizer(&self.cx, &report));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(Ended::Disconnected);
    }
}

/// Where a stream leaves what it panicked with, for the finalizers: what it sends is only a status.
pub(super) type Caught = OnceLock<Refusal>;

/// Lets an answer leave: with its trailers, followed if somebody wants to know of the end, and to a
/// limit if it has one.
pub(super) fn send(
    response: Response<Body>,
    trailers: HeaderMap,
    watch: Option<Box<Watch>>,
    caught: Option<Arc<Caught>>,
    limit: Option<(Instant, Arc<Settings>)>,
) -> Response<Body> {
    let mut watch = watch;
    // A status without messages is in the headers, and its body is never looked at.
    if response.body().is_end_stream() {
        if let Some(watch) = &mut watch {
            watch.end(Ended::Answered);
        }
        return response;
    }
    if trailers.is_empty() && watch.is_none() && limit.is_none() {
        return response;
    }
    response.map(|inner| {
        let body = Followed { inner, trailers, watch, caught };
        match limit {
            None => Body::new(body),
            Some((end, settings)) => Body::new(Timed::new(end, body, settings)),
        }
    })
}

/// The body of a response that adds trailers, counts its bytes and knows its end.
pub(super) struct Followed {
    inner: Body,
    trailers: HeaderMap,
    pub(super) watch: Option<Box<Watch>>,
    caught: Option<Arc<Caught>>,
}

impl Followed {
    /// Ends it with a status, whatever it had to say: these are its last trailers.
    pub(super) fn end(&mut self, status: Status) -> HeaderMap {
        let kind = status.kind();
        let mut trailers = HeaderMap::new();
        status.into_tonic().add_header(&mut trailers).expect("a status of ours is made of headers");
        trailers.extend(mem::take(&mut self.trailers));
        if let Some(watch) = &mut self.watch {
            watch.kind = Some(kind);
            watch.end(Ended::Answered);
        }
        trailers
    }
}

impl HttpBody for Followed {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        let this = &mut *self;
        let mut frame = match Panic::catch(|| Pin::new(&mut this.inner).poll_frame(task)) {
            Ok(polled) => ready!(polled),
            Err(panic) => {
                if let Some(watch) = &mut this.watch {
                    watch.end(Ended::Panicked);
                }
                resume_unwind(panic.into_payload());
            }
        };
        if let Some(Ok(frame)) = &mut frame {
            if let Some(trailers) = frame.trailers_mut() {
                let kind = trailers
                    .get("grpc-status")
                    .and_then(|value| value.to_str().ok()?.parse().ok())
                    .and_then(ErrorKind::from_code);
                trailers.extend(mem::take(&mut this.trailers));
                if let Some(watch) = &mut this.watch {
                    if let Some(refusal) = this.caught.as_ref().and_then(|caught| caught.get()) {
                        watch.failed(ErrorKind::Internal, Box::new(refusal.clone()));
                        watch.end(Ended::Panicked);
                    }
                    watch.kind = watch.kind.or(kind);
                    watch.end(Ended::Answered);
                }
            } else if let (Some(data), Some(watch)) = (frame.data_ref(), &mut this.watch) {
                watch.bytes =
                    watch.bytes.saturating_add(u64::try_from(data.len()).unwrap_or(u64::MAX));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
