//! What a finalizer is told.

use std::{fmt, time::Duration};

use http::{HeaderMap, Method, StatusCode, Uri};
use oxkit_core::{ErrorKind, Failure};

/// How a request ended, seen from the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ended {
    /// The response was handed to the transport to its last byte. Whatever its status was.
    Answered,
    /// A hook, the codec, the endpoint or the response body panicked.
    ///
    /// If the server [catches panics](super::Server::catch_panics) there is a status as well: it
    /// was answered.
    Panicked,
    /// The caller went away before the response was complete: the connection broke, or the future
    /// of the request was dropped.
    Disconnected,
    /// The response body failed half way, or ended before the length the response declared, so the
    /// connection was broken off.
    BodyFailed,
}

/// What a [finalizer](super::Server::finalize) is told of one request.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    pub(super) ended: Ended,
    pub(super) method: &'a Method,
    pub(super) uri: &'a Uri,
    pub(super) status: Option<StatusCode>,
    pub(super) headers: Option<&'a HeaderMap>,
    pub(super) error: Option<&'a (dyn Failure + 'static)>,
    pub(super) bytes: u64,
    pub(super) duration: Duration,
}

impl<'a> Report<'a> {
    /// How it ended.
    #[must_use]
    pub const fn ended(&self) -> Ended {
        self.ended
    }

    /// The method of the request.
    #[must_use]
    pub const fn method(&self) -> &'a Method {
        self.method
    }

    /// The target of the request as it was sent.
    #[must_use]
    pub const fn uri(&self) -> &'a Uri {
        self.uri
    }

    /// The path of the request.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.uri.path()
    }

    /// The status that was answered; `None` if there was no answer.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The headers of the response, as they left the server: what the transport adds, such as
    /// `Date`, is not among them. `None` if there was no answer, or if the server does not
    /// [keep the heads](super::Server::keep_head), as each is a copy.
    ///
    /// ```
    /// # async fn example() {
    /// use http::{Request, header::CONTENT_TYPE};
    /// use oxkit_core::{Refusal, endpoint_fn};
    /// use oxkit_transport_http::Server;
    ///
    /// let endpoint = endpoint_fn(async |_cx, n: u32| Ok::<_, Refusal>(n));
    /// let server = Server::json(endpoint).keep_head().finalize(|_cx, report| {
    ///     let written = report.headers().and_then(|headers| headers.get(CONTENT_TYPE));
    ///     assert_eq!(written.unwrap(), "application/json; charset=utf-8");
    /// });
    /// server.handle(Request::new("7".into())).await.into_body().collect(9).await.unwrap();
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example());
    /// ```
    #[must_use]
    pub const fn headers(&self) -> Option<&'a HeaderMap> {
        self.headers
    }

    /// What went wrong: a rejection by a hook or a decoder, the endpoint's error, the failure its
    /// response carried, an encoder's error, the deadline, a caught panic, or the error of the
    /// response body.
    #[must_use]
    pub const fn error(&self) -> Option<&'a (dyn Failure + 'static)> {
        self.error
    }

    /// The kind of failure, or `None` if all went well.
    ///
    /// A panic and a response body that failed are [`Internal`](ErrorKind::Internal), a disconnect
    /// is [`Cancelled`](ErrorKind::Cancelled), and what was answered is of the kind of the
    /// [error](Self::error) it was answered with.
    #[must_use]
    pub fn kind(&self) -> Option<ErrorKind> {
        match self.ended {
            Ended::Panicked | Ended::BodyFailed => Some(ErrorKind::Internal),
            Ended::Disconnected => Some(ErrorKind::Cancelled),
            Ended::Answered => self.error.map(Failure::kind),
        }
    }

    /// How many bytes of the response body were handed to the transport, streamed ones included.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The time from the arrival of the request's head until it ended, a streamed response body
    /// included.
    #[must_use]
    pub const fn duration(&self) -> Duration {
        self.duration
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("ended", &self.ended)
            .field("method", self.method)
            .field("path", &self.path())
            .field("status", &self.status)
            .field("error", &self.error)
            .field("bytes", &self.bytes)
            .field("duration", &self.duration)
            .finish()
    }
}
