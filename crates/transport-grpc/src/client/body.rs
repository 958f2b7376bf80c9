//! The body of an answer, made safe to read.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::{HeaderMap, HeaderValue};
use http_body::{Body, Frame, SizeHint};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use pin_project_lite::pin_project;

use crate::{metadata::decode_binary, wire};

const DETAILS: &str = "grpc-status-details-bin";
const MESSAGE: &str = "grpc-message";

/// Puts right what tonic would stumble over: it panics on details that are not base64, and takes a
/// status whose text is not UTF-8 for another one, though the protocol asks to keep what there is.
pub(super) fn sanitize(headers: &mut HeaderMap) {
    if headers.get(DETAILS).is_some_and(|value| decode_binary(value.as_bytes()).is_none()) {
        headers.remove(DETAILS);
    }
    if let Some(message) = headers.get_mut(MESSAGE)
        && let decoded = percent_decode(message.as_bytes())
        && decoded.clone().decode_utf8().is_err()
    {
        let kept = decoded.decode_utf8_lossy();
        let kept = utf8_percent_encode(&kept, NON_ALPHANUMERIC).to_string();
        *message = HeaderValue::try_from(kept).expect("percent-encoded text is a header value");
    }
}

pin_project! {
    /// A body whose trailers can be read, and whose errors keep their cause.
    #[derive(Debug)]
    pub struct Readable<B> {
        #[pin]
        pub(super) inner: B,
    }
}

impl<B> Body for Readable<B>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Data = B::Data;
    type Error = tonic::Status;

    fn poll_frame(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, tonic::Status>>> {
        let mut frame = ready!(self.project().inner.poll_frame(task));
        if let Some(Ok(frame)) = &mut frame
            && let Some(trailers) = frame.trailers_mut()
        {
            sanitize(trailers);
            if let Some(status) = wire::told(trailers) {
                return Poll::Ready(Some(Err(status)));
            }
        }
        Poll::Ready(frame.map(|frame| frame.map_err(wire::broken)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
