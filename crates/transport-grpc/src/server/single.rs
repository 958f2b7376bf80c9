//! The only message of a request, and of a response, where nothing is compressed.
//!
//! What tonic does for a stream (a buffer of 8 KiB each way, a boxed decoder, a body in a body) is
//! most of what a small unary call costs, and one message needs none of it.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    task::{Context as Task, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue};
use http_body::{Body as HttpBody, Frame};
use oxkit_core::ErrorKind;
use prost::Message;
use tonic::{Status, body::Body};

use crate::{GrpcError, wire};

/// A flag, and the length of the message that follows.
const PREFIX: usize = 5;

const STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// Reads the first message of a body; `None` if it has none.
///
/// No more is buffered than was received, whatever the prefix says.
pub(super) async fn read<P: Message + Default>(
    body: Body,
    limit: usize,
) -> Result<Option<P>, Status> {
    let mut body = pin!(body);
    let mut parts = BytesMut::new();
    while let Some(frame) = poll_fn(|task| body.as_mut().poll_frame(task)).await {
        let Ok(data) = frame.map_err(wire::broken)?.into_data() else {
            // Trailers, which come last.
            break;
        };
        // Nearly always the first piece is all of it, and nothing is copied.
        let whole = if parts.is_empty() {
            split(&data, limit)?.map(|end| data.slice(PREFIX..end))
        } else {
            None
        };
        if let Some(message) = whole {
            return decode(message).map(Some);
        }
        parts.extend_from_slice(&data);
        if let Some(end) = split(&parts, limit)? {
            return decode(parts.split_to(end).freeze().slice(PREFIX..)).map(Some);
        }
    }
    if parts.is_empty() {
        Ok(None)
    } else {
        Err(Status::internal("the request ends within a message"))
    }
}

fn decode<P: Message + Default>(message: Bytes) -> Result<P, Status> {
    P::decode(message).map_err(|error| Status::internal(error.to_string()))
}

/// Where the first message ends, if it is all there.
fn split(bytes: &[u8], limit: usize) -> Result<Option<usize>, Status> {
    let Some([flag, length @ ..]) = bytes.first_chunk::<PREFIX>() else {
        return Ok(None);
    };
    match flag {
        0 => {}
        1 => {
            return Err(Status::internal(
                "a message is compressed and grpc-encoding does not say how",
            ));
        }
        _ => {
            return Err(Status::internal(format!(
                "a message begins with {flag}, which is neither 0 nor 1"
            )));
        }
    }
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    if length > limit {
        // As tonic tells it; `wire` writes the text.
        return Err(Status::out_of_range(length.to_string()));
    }
    let end = PREFIX + length;
    Ok((bytes.len() >= end).then_some(end))
}

/// A body of one message and the status that all went well.
///
/// Refused if the message is longer than the protocol can say.
pub(super) fn write<M: Message>(message: &M) -> Result<Body, GrpcError> {
    let length = message.encoded_len();
    let prefix = u32::try_from(length).map_err(|_| {
        let text = "the response is longer than a message can be";
        GrpcError::of_kind(ErrorKind::ResourceExhausted, text)
    })?;
    let prefix = prefix.to_be_bytes();
    let mut data = Vec::with_capacity(PREFIX + length);
    data.push(0);
    data.extend_from_slice(&prefix);
    message.encode_raw(&mut data);
    Ok(Body::new(Single { data: Some(data.into()), is_over: false }))
}

/// A message, and its trailers.
struct Single {
    data: Option<Bytes>,
    is_over: bool,
}

impl HttpBody for Single {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Task<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if self.is_over {
            return Poll::Ready(None);
        }
        self.is_over = true;
        let mut trailers = HeaderMap::with_capacity(1);
        trailers.insert(STATUS, HeaderValue::from_static("0"));
        Poll::Ready(Some(Ok(Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.is_over
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{BodyExt, StreamBody};
    use prost::Message;
    use tonic::Code;

    use super::*;
    use crate::messages::Ready;

    #[derive(Clone, PartialEq, Message)]
    struct Text {
        #[prost(string, tag = "1")]
        text: String,
    }

    async fn written(text: &Text) -> Vec<u8> {
        let body = write(text).unwrap().collect().await.unwrap();
        assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
        body.to_bytes().to_vec()
    }

    /// Reads what comes in these pieces.
    async fn parts(pieces: Vec<Vec<u8>>, limit: usize) -> Result<Option<Text>, Status> {
        let frames = pieces.into_iter().map(|piece| Ok::<_, Status>(Frame::data(piece.into())));
        read(Body::new(StreamBody::new(Ready(frames))), limit).await
    }

    #[tokio::test]
    async fn what_is_written_reads_back_in_whatever_pieces_it_comes() {
        for length in [0, 1, 200, 70_000] {
            let text = Text { text: "x".repeat(length) };
            let bytes = written(&text).await;
            for size in [1, 4, 5, 6, 1000, 100_000] {
                let pieces = bytes.chunks(size).map(<[u8]>::to_vec).collect();
                assert_eq!(parts(pieces, 100_000).await.unwrap(), Some(text.clone()));
            }
        }
    }

    #[tokio::test]
    async fn a_body_without_a_message_has_none() {
        assert_eq!(parts(vec![], 10).await.unwrap(), None);
        assert_eq!(parts(vec![vec![], vec![]], 10).await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_message_is_refused_before_it_is_all_there() {
        for (bytes, code) in [
            (&[0, 0, 0, 0, 11][..], Code::OutOfRange),
            (&[0, 255, 255, 255, 255], Code::OutOfRange),
            (&[1, 0, 0, 0, 1, 0], Code::Internal),
            (&[2, 0, 0, 0, 1, 0], Code::Internal),
            (&[0, 0, 0, 0, 2, 255, 255], Code::Internal),
            (&[0, 0, 0, 0, 2, 0], Code::Internal),
            (&[0, 0], Code::Internal),
        ] {
            let whole = parts(vec![bytes.to_vec()], 10).await.unwrap_err();
            let pieces = bytes.chunks(1).map(<[u8]>::to_vec).collect();
            let single = parts(pieces, 10).await.unwrap_err();
            assert_eq!((whole.code(), single.code()), (code, code), "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(pieces: Vec<Vec<u8>>) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let _ = runtime.block_on(parts(pieces, 1000));
        }
    }
}
