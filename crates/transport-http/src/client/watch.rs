//! Follows a call to its true end, for the finalizers.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::{Context as Task, Poll, ready},
};

use bytes::Bytes;
use http::Response;
use http_body::{Body as HttpBody, Frame, SizeHint};
use oxkit_core::{Context, Finalizers};
use tokio::time::Instant;

use super::{ClientError, Ended, Report, report::Head};
use crate::{Body, BodyError};

pub(super) type Finalizer = dyn Fn(&Context, &Report<'_>) + Send + Sync;

/// Owed to the finalizers of one call; only made where there are some.
///
/// Held by the call and by the body of its response: a call that streams ends when its body does.
#[derive(Clone)]
pub(super) struct Watch(Arc<Owed>);

struct Owed {
    finalizers: Finalizers<Finalizer>,
    cx: Context,
    began: Instant,
    is_told: AtomicBool,
    bytes: AtomicU64,
    head: OnceLock<Head>,
    /// How it ended if nobody says otherwise.
    end: Mutex<Ended>,
}

impl Watch {
    pub(super) fn new(finalizers: Finalizers<Finalizer>, cx: Context, began: Instant) -> Self {
        Self(Arc::new(Owed {
            finalizers,
            cx,
            began,
            is_told: AtomicBool::new(false),
            bytes: AtomicU64::new(0),
            head: OnceLock::new(),
            end: Mutex::new(Ended::Dropped),
        }))
    }

    /// The call is over. Where it gave a result, its body may not be.
    pub(super) fn end<T>(self, result: &Result<T, ClientError>) {
        match result {
            Ok(_) => {
                let mut end = self.0.end.lock().unwrap_or_else(PoisonError::into_inner);
                if *end == Ended::Dropped {
                    *end = Ended::Answered;
                }
            }
            Err(error) => self.0.tell(Ended::Failed, Some(error)),
        }
    }

    /// A response came: follows its body.
    pub(super) fn follow(&self, response: Response<Body>) -> Response<Body> {
        // A copy, paid only where there are finalizers: the decoder takes the response away.
        self.0.head.get_or_init(|| Head {
            status: response.status(),
            headers: response.headers().clone(),
        });
        response.map(|inner| Body::new(Followed { inner, watch: self.clone() }))
    }
}

impl Owed {
    fn tell(&self, ended: Ended, error: Option<&ClientError>) {
        if self.is_told.swap(true, Relaxed) {
            return;
        }
        let report = Report {
            ended,
            head: self.head.get(),
            error,
            bytes: self.bytes.load(Relaxed),
            duration: self.began.elapsed(),
        };
        self.finalizers.tell(|finalizer| finalizer(&self.cx, &report));
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        let end = *self.end.get_mut().unwrap_or_else(PoisonError::into_inner);
        let end = match end {
            Ended::Dropped if std::thread::panicking() => Ended::Panicked,
            end => end,
        };
        self.tell(end, None);
    }
}

/// A response body that counts its bytes and holds the end of its call.
struct Followed {
    inner: Body,
    watch: Watch,
}

impl HttpBody for Followed {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(task));
        match &frame {
            Some(Ok(frame)) => {
                let read = frame.data_ref().map_or(0, Bytes::len) as u64;
                this.watch.0.bytes.fetch_add(read, Relaxed);
            }
            Some(Err(_)) => {
                let mut end = this.watch.0.end.lock().unwrap_or_else(PoisonError::into_inner);
                *end = Ended::BodyFailed;
            }
            None => {}
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
