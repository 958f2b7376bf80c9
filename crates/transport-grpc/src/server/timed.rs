//! The body of a stream that has a deadline.

use std::{
    panic::resume_unwind,
    pin::Pin,
    sync::Arc,
    task::{Context as Task, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body as HttpBody, Frame};
use oxkit_core::{Reason, Refusal, future::Panic};
use tokio::time::Instant;

use super::{settings::Settings, watch::Followed};
use crate::limited::{Expire, Limited};

/// Ends a body at its deadline, though its reader takes nothing and nobody asks for more.
pub(super) struct Timed {
    body: Limited<Lasting>,
    is_over: bool,
}

struct Lasting {
    // Boxed, because it moves whenever it is asked.
    body: Box<Followed>,
    settings: Arc<Settings>,
}

impl Expire for Lasting {
    /// The trailers, or what the program panicked with when they were to be made.
    type End = Result<HeaderMap, Panic>;

    fn expire(&mut self) -> Self::End {
        let status = Panic::catch(|| self.settings.status(&Refusal::new(Reason::Deadline)));
        // Caught in any case: this is nobody's call to break off.
        let status =
            status.or_else(|panic| self.settings.panicked(panic, self.body.watch.take()))?;
        Ok(self.body.end(status))
    }
}

impl Timed {
    pub(super) fn new(end: Instant, body: Followed, settings: Arc<Settings>) -> Self {
        let lasting = Lasting { body: Box::new(body), settings };
        Self { body: Limited::new(end, lasting), is_over: false }
    }
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, tonic::Status>>> {
        // Whoever asks once more is not to hear of a deadline after the end.
        if self.is_over {
            return Poll::Ready(None);
        }
        let ask = |lasting: &mut Lasting, task: &mut Task<'_>| {
            Pin::new(&mut *lasting.body).poll_frame(task)
        };
        let frame = match ready!(self.body.poll(task, ask)) {
            Ok(frame) => frame,
            Err(None) => None,
            Err(Some(Ok(trailers))) => Some(Ok(Frame::trailers(trailers))),
            Err(Some(Err(panic))) => resume_unwind(panic.into_payload()),
        };
        self.is_over = !matches!(&frame, Some(Ok(frame)) if frame.is_data());
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}
