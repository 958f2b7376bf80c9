//! Reading a body into memory.

use std::{future::poll_fn, pin::Pin};

use bytes::{Bytes, BytesMut};
use http_body::Body as HttpBody;

use super::{Body, BodyError, Repr};

/// What is set aside for a body before its bytes have come. A length that is only announced costs
/// its sender nothing.
const UNSEEN: u64 = 64 * 1024;

impl Body {
    /// Reads the whole body, of at most `limit` bytes.
    ///
    /// A body that says beforehand that it is longer is refused before anything is read. One that
    /// comes in a single frame, as a small one does, is not copied. Trailers are dropped.
    ///
    /// # Errors
    ///
    /// The body is longer than `limit` or than the limit it was [given](Self::with_limit), or its
    /// stream failed.
    ///
    /// # Cancel safety
    ///
    /// What was read is lost.
    ///
    /// ```
    /// use oxkit_transport_http::Body;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// assert_eq!(Body::from("hello").collect(5).await?, "hello");
    /// assert!(Body::from("hello").collect(4).await.unwrap_err().is_too_large());
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub async fn collect(self, limit: u64) -> Result<Bytes, BodyError> {
        let mut body = self.with_limit(limit);
        let announced = body.size_hint().lower();
        if announced > body.left {
            return Err(BodyError::too_large(body.limit));
        }
        if let Repr::Full(bytes) = body.repr {
            return Ok(bytes);
        }
        let Some(first) = body.data().await? else {
            return Ok(Bytes::new());
        };
        if body.is_end_stream() {
            return Ok(first);
        }
        let Some(second) = body.data().await? else {
            return Ok(first);
        };
        let seen = (first.len() + second.len()) as u64;
        let room = announced.min(UNSEEN).max(seen);
        let mut whole = BytesMut::with_capacity(usize::try_from(room).unwrap_or_default());
        whole.extend_from_slice(&first);
        whole.extend_from_slice(&second);
        while let Some(chunk) = body.data().await? {
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The next data frame that is not empty; other frames are passed over.
    async fn data(&mut self) -> Result<Option<Bytes>, BodyError> {
        loop {
            let frame = poll_fn(|task| Pin::new(&mut *self).poll_frame(task)).await;
            let Some(frame) = frame.transpose()? else {
                return Ok(None);
            };
            if let Ok(data) = frame.into_data()
                && !data.is_empty()
            {
                return Ok(Some(data));
            }
        }
    }
}
