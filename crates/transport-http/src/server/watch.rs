//! Follows a request to its true end, for the finalizers.

use std::{
    mem,
    pin::Pin,
    task::{Context as Task, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use http::{
    HeaderMap, Method, Response, StatusCode, Uri,
    header::{CONTENT_LENGTH, HeaderValue},
    request::Parts,
};
use http_body::{Body as HttpBody, Frame, SizeHint};
use oxkit_core::{Context, Failure, Finalizers};

use super::{Ended, Report};
use crate::{Body, BodyError};

pub(super) type Finalizer = dyn Fn(&Context, &Report<'_>) + Send + Sync;

/// Owed to the finalizers of one request; only made where there are some.
///
/// Whoever knows the end says so with [`end`](Self::end). Dropping it without is an end too: the
/// caller went away.
pub(super) struct Watch {
    finalizers: Finalizers<Finalizer>,
    owed: bool,
    cx: Context,
    arrival: Instant,
    method: Method,
    uri: Uri,
    status: Option<StatusCode>,
    keeps_headers: bool,
    headers: Option<HeaderMap>,
    caught: bool,
    error: Option<Box<dyn Failure>>,
    bytes: u64,
}

impl Watch {
    pub(super) fn new(
        finalizers: Finalizers<Finalizer>,
        cx: Context,
        arrival: Instant,
        head: &Parts,
        keeps_headers: bool,
    ) -> Self {
        Self {
            finalizers,
            owed: true,
            cx,
            arrival,
            method: head.method.clone(),
            uri: head.uri.clone(),
            status: None,
            keeps_headers,
            headers: None,
            caught: false,
            error: None,
            bytes: 0,
        }
    }

    /// What the before hooks made of the context.
    pub(super) fn context(&mut self, cx: Context) {
        self.cx = cx;
    }

    pub(super) fn failed(&mut self, error: Box<dyn Failure>) {
        self.error = Some(error);
    }

    pub(super) fn end(&mut self, ended: Ended) {
        self.end_with(ended, None);
    }

    fn end_with(&mut self, ended: Ended, error: Option<&(dyn Failure + 'static)>) {
        if !mem::replace(&mut self.owed, false) {
            return;
        }
        let now = tokio::time::Instant::now().into_std();
        let report = Report {
            ended,
            method: &self.method,
            uri: &self.uri,
            status: self.status,
            headers: self.headers.as_ref(),
            error: error.or(self.error.as_deref()),
            bytes: self.bytes,
            duration: now.saturating_duration_since(self.arrival),
        };
        self.finalizers.tell(|finalizer| finalizer(&self.cx, &report));
    }

    /// The answer is about to leave: follows its body.
    pub(super) fn follow(mut self: Box<Self>, response: Response<Body>) -> Response<Body> {
        self.status = Some(response.status());
        if self.keeps_headers {
            self.headers = Some(response.headers().clone());
        }
        if self.caught {
            self.end(Ended::Panicked);
            return response;
        }
        let length = length(&response);
        // What has no body on the wire is dropped unread by the transport.
        let unread = self.method == Method::HEAD
            || length == Some(0)
            || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        if unread || response.body().is_end_stream() {
            self.end(Ended::Answered);
            return response;
        }
        response.map(|inner| Body::boxed(Followed { inner, length, watch: self }))
    }

    /// It panicked and is answered all the same.
    pub(super) const fn caught(&mut self) {
        self.caught = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end(Ended::Disconnected);
    }
}

/// A response body that counts its bytes and tells the finalizers of its end.
struct Followed {
    inner: Body,
    /// What is on the wire ends there: HTTP/1.1 does not ask for more.
    length: Option<u64>,
    watch: Box<Watch>,
}

/// The length a response tells its receiver: that of its body, or the one it declares.
fn length(response: &Response<Body>) -> Option<u64> {
    response.body().size_hint().exact().or_else(|| {
        let declared = response.headers().get(CONTENT_LENGTH).map(HeaderValue::to_str)?;
        declared.ok()?.parse().ok()
    })
}

/// Tells of a panic while it unwinds through `poll_frame`: whoever catches it drops the body later,
/// when nothing shows any more that there was one.
struct OnUnwind<'a>(&'a mut Watch);

impl Drop for OnUnwind<'_> {
    fn drop(&mut self) {
        self.0.end(Ended::Panicked);
    }
}

impl HttpBody for Followed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let on_unwind = OnUnwind(&mut this.watch);
        let polled = Pin::new(&mut this.inner).poll_frame(task);
        mem::forget(on_unwind);
        let frame = ready!(polled);
        match &frame {
            // The transport breaks off what ends before its declared length.
            None if this.length.is_some_and(|length| this.watch.bytes < length) => {
                this.watch.end(Ended::BodyFailed);
            }
            None => this.watch.end(Ended::Answered),
            Some(Ok(frame)) => {
                this.watch.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
                // A transport that knows the length does not ask for the end.
                let complete = this.length.is_some_and(|length| this.watch.bytes >= length);
                if complete || this.inner.is_end_stream() {
                    this.watch.end(Ended::Answered);
                }
            }
            Some(Err(error)) => {
                this.watch.end_with(Ended::BodyFailed, Some(error));
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
