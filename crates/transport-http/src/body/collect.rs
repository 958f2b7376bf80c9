//! Reading a body into memory.

use std::{
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};

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
    pub const fn collect(self, limit: u64) -> Collect {
        Collect { body: self.with_limit(limit), read: Read::Nothing }
    }
}

/// The future of [`Body::collect`].
#[must_use = "futures do nothing unless polled"]
pub struct Collect {
    body: Body,
    read: Read,
}

enum Read {
    /// Not even the announced length was looked at.
    Nothing,
    One(Bytes),
    Many(BytesMut),
}

impl Read {
    fn push(self, chunk: &mut Bytes, announced: u64) -> Self {
        match self {
            Self::Nothing => Self::One(mem::take(chunk)),
            Self::One(first) => {
                let seen = (first.len() + chunk.len()) as u64;
                let room = announced.min(UNSEEN).max(seen);
                let mut whole = BytesMut::with_capacity(usize::try_from(room).unwrap_or_default());
                whole.extend_from_slice(&first);
                whole.extend_from_slice(chunk);
                Self::Many(whole)
            }
            Self::Many(mut whole) => {
                whole.extend_from_slice(chunk);
                Self::Many(whole)
            }
        }
    }

    fn finish(self) -> Bytes {
        match self {
            Self::Nothing => Bytes::new(),
            Self::One(only) => only,
            Self::Many(whole) => whole.freeze(),
        }
    }
}

impl Future for Collect {
    type Output = Result<Bytes, BodyError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let rest = this.body.size_hint().lower();
        if matches!(this.read, Read::Nothing) {
            if rest > this.body.left {
                return Poll::Ready(Err(this.body.too_large()));
            }
            if let Repr::Full(bytes) = &mut this.body.repr {
                return Poll::Ready(Ok(mem::take(bytes)));
            }
        }
        loop {
            // Written out: through `?` a frame, which is large, is copied once more.
            let data = match Pin::new(&mut this.body).poll_frame(task) {
                Poll::Ready(Some(Ok(frame))) => frame.into_data(),
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(error)),
                Poll::Ready(None) => break,
                Poll::Pending => return Poll::Pending,
            };
            // Trailers, and what is empty, count for nothing.
            if let Ok(mut chunk) = data
                && !chunk.is_empty()
            {
                if matches!(this.read, Read::Nothing) && this.body.is_end_stream() {
                    return Poll::Ready(Ok(chunk));
                }
                let read = mem::replace(&mut this.read, Read::Nothing);
                this.read = read.push(&mut chunk, rest);
                if this.body.is_end_stream() {
                    break;
                }
            }
        }
        let read = mem::replace(&mut this.read, Read::Nothing);
        Poll::Ready(Ok(read.finish()))
    }
}

impl fmt::Debug for Collect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collect").finish_non_exhaustive()
    }
}
