//! The one body type: empty, whole, arriving, or any stream of frames.

#[cfg(feature = "axum")]
mod axum;
mod collect;
mod error;
pub(crate) mod held;
mod stream;

use std::{
    any::Any,
    convert::Infallible,
    error::Error,
    fmt, mem,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;

pub use collect::Collect;
pub use error::BodyError;
use held::Held;
use stream::Streamed;

/// How many bytes a body may have where nothing else is said: two mebibytes.
#[cfg(any(feature = "server", feature = "client"))]
pub(crate) const LIMIT: u64 = 2 * 1024 * 1024;

type Boxed = Pin<Box<dyn HttpBody<Data = Bytes, Error = BodyError> + Send>>;

/// The body of a request or a response.
///
/// One concrete type, so that a decoder and an encoder are plain functions. A body that is there as
/// a whole, or that arrives from a connection, is held as it is, without a box; anything else is
/// boxed once. The length is known whenever the inner body knows it, so what is answered whole
/// carries `Content-Length`.
///
/// It is `Send` and not `Sync`: a body is read by one task.
///
/// ```
/// use http_body::Body as _;
/// use oxkit_transport_http::Body;
///
/// let body = Body::from("hello");
/// assert_eq!(body.size_hint().exact(), Some(5));
/// assert!(Body::empty().is_end_stream());
/// ```
#[must_use = "a body does nothing until it is read or sent"]
pub struct Body {
    repr: Repr,
    /// How many bytes may still be read; `u64::MAX` is no limit.
    left: u64,
    limit: u64,
    /// Whether it came from a caller, whose fault it then is if it is wrong.
    received: bool,
}

enum Repr {
    Empty,
    Full(Bytes),
    Incoming(Incoming),
    #[cfg(feature = "axum")]
    Axum(::axum::body::Body),
    Boxed(Boxed),
}

impl Body {
    const fn of(repr: Repr) -> Self {
        Self { repr, left: u64::MAX, limit: u64::MAX, received: false }
    }

    /// A body without content.
    pub const fn empty() -> Self {
        Self::of(Repr::Empty)
    }

    /// Takes any body whose data is [`Bytes`].
    ///
    /// One that arrives from hyper or is a [`Body`] already is taken as it is; any other is boxed.
    ///
    /// ```
    /// use bytes::Bytes;
    /// use http_body::Body as _;
    /// use http_body_util::Full;
    /// use oxkit_transport_http::Body;
    ///
    /// let body = Body::new(Full::new(Bytes::from_static(b"whole")));
    /// assert_eq!(body.size_hint().exact(), Some(5));
    /// ```
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        // An `Option` to take the value out of: the comparison of types is done at compile time,
        // and what is left is a move.
        let mut slot = Some(body);
        let any: &mut dyn Any = &mut slot;
        if let Some(own) = any.downcast_mut::<Option<Self>>().and_then(Option::take) {
            return own;
        }
        if let Some(incoming) = any.downcast_mut::<Option<Incoming>>().and_then(Option::take) {
            return Self::of(Repr::Incoming(incoming));
        }
        #[cfg(feature = "axum")]
        if let Some(body) = any.downcast_mut::<Option<::axum::body::Body>>().and_then(Option::take)
        {
            return Self::of(Repr::Axum(body));
        }
        slot.map_or_else(Self::empty, |body| {
            Self::of(Repr::Boxed(Box::pin(stream::Foreign::new(body))))
        })
    }

    /// A body of the chunks of a stream, of unknown length.
    ///
    /// The chunks are pulled as fast as the other side reads. An error ends the connection: the
    /// head has been sent, and breaking off is the only way left to say so. For trailers, give
    /// [`new`](Self::new) a body that has them.
    ///
    /// ```
    /// use std::{convert::Infallible, pin::Pin, task::{Context, Poll}};
    /// use bytes::Bytes;
    /// use futures_core::Stream;
    /// use oxkit_transport_http::Body;
    ///
    /// /// Counts down to zero.
    /// struct CountDown(u8);
    ///
    /// impl Stream for CountDown {
    ///     type Item = Result<Bytes, Infallible>;
    ///
    ///     fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
    ///         let next = self.0.checked_sub(1);
    ///         self.0 = next.unwrap_or_default();
    ///         Poll::Ready(next.map(|n| Ok(Bytes::from(n.to_string()))))
    ///     }
    /// }
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// assert_eq!(Body::from_stream(CountDown(3)).collect(10).await?, "210");
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
    /// ```
    pub fn from_stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::of(Repr::Boxed(Box::pin(Streamed::new(stream))))
    }

    /// A body of our own making, which has our error already.
    #[cfg(feature = "server")]
    pub(crate) fn boxed(
        body: impl HttpBody<Data = Bytes, Error = BodyError> + Send + 'static,
    ) -> Self {
        Self::of(Repr::Boxed(Box::pin(body)))
    }

    /// Lets no more than `limit` bytes through: reading more is an error of which
    /// [`is_too_large`](BodyError::is_too_large) is true.
    ///
    /// An earlier limit stays if it is lower.
    pub const fn with_limit(mut self, limit: u64) -> Self {
        if limit < self.left {
            self.left = limit;
            self.limit = limit;
        }
        self
    }

    /// The body of a request to a server, with the server's limit. Its errors say so, to be told
    /// from those of other bodies that are read on behalf of the request.
    #[cfg(feature = "server")]
    pub(crate) const fn of_request(self, limit: u64) -> Self {
        let mut body = self.with_limit(limit);
        body.received = true;
        body
    }

    fn too_large(&self) -> BodyError {
        BodyError::too_large(self.limit).received_if(self.received)
    }

    /// Takes the body out and leaves an empty one.
    pub fn take(&mut self) -> Self {
        mem::take(self)
    }

    /// Counts what a body gave, against the limit.
    //
    // Of each kind of body by itself, and a match written out: a frame has room for trailers, and
    // where the ways of several meet, or through a `map`, it is copied once more.
    #[inline]
    fn counted<E>(
        &mut self,
        polled: Poll<Option<Result<Frame<Bytes>, E>>>,
        to_error: impl FnOnce(E) -> BodyError,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                if self.left != u64::MAX {
                    let read = frame.data_ref().map_or(0, Bytes::len) as u64;
                    let Some(left) = self.left.checked_sub(read) else {
                        // What is left of it is not wanted: letting go of it frees the connection.
                        self.repr = Repr::Empty;
                        return Poll::Ready(Some(Err(self.too_large())));
                    };
                    self.left = left;
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                Poll::Ready(Some(Err(to_error(error).received_if(self.received))))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        task: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        match &mut this.repr {
            Repr::Empty => Poll::Ready(None),
            Repr::Full(bytes) if bytes.is_empty() => Poll::Ready(None),
            Repr::Full(bytes) => {
                let whole = Frame::data(mem::take(bytes));
                this.counted(Poll::Ready(Some(Ok(whole))), |never: Infallible| match never {})
            }
            Repr::Incoming(body) => {
                let mut held = Held::begin();
                let polled = Pin::new(&mut *body).poll_frame(task);
                if body.is_end_stream() {
                    held.needless();
                }
                drop(held);
                this.counted(polled, BodyError::new)
            }
            #[cfg(feature = "axum")]
            Repr::Axum(body) => {
                let polled = Pin::new(body).poll_frame(task);
                this.counted(polled, BodyError::new)
            }
            Repr::Boxed(body) => {
                let polled = body.as_mut().poll_frame(task);
                this.counted(polled, |error| error)
            }
        }
    }

    #[inline]
    fn is_end_stream(&self) -> bool {
        match &self.repr {
            Repr::Empty => true,
            Repr::Full(bytes) => bytes.is_empty(),
            Repr::Incoming(body) => body.is_end_stream(),
            #[cfg(feature = "axum")]
            Repr::Axum(body) => body.is_end_stream(),
            Repr::Boxed(body) => body.is_end_stream(),
        }
    }

    #[inline]
    fn size_hint(&self) -> SizeHint {
        match &self.repr {
            Repr::Empty => SizeHint::with_exact(0),
            Repr::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Repr::Incoming(body) => body.size_hint(),
            #[cfg(feature = "axum")]
            Repr::Axum(body) => body.size_hint(),
            Repr::Boxed(body) => body.size_hint(),
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    #[inline]
    fn from(bytes: Bytes) -> Self {
        Self::of(Repr::Full(bytes))
    }
}

macro_rules! from_whole {
    ($($whole:ty),*) => {$(
        impl From<$whole> for Body {
            fn from(whole: $whole) -> Self {
                Bytes::from(whole).into()
            }
        }
    )*};
}

from_whole!(Vec<u8>, String, &'static str, &'static [u8]);

impl From<Incoming> for Body {
    fn from(body: Incoming) -> Self {
        Self::of(Repr::Incoming(body))
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = match &self.repr {
            Repr::Empty => "empty",
            Repr::Full(_) => "whole",
            Repr::Incoming(_) => "arriving",
            #[cfg(feature = "axum")]
            Repr::Axum(_) => "boxed",
            Repr::Boxed(_) => "boxed",
        };
        let size = self.size_hint();
        f.debug_struct("Body")
            .field("held", &held)
            .field("at_least", &size.lower())
            .field("at_most", &size.upper())
            .finish()
    }
}
