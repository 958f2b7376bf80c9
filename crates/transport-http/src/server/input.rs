//! What a decoder takes of a request.

use http::{Request, request::Parts};

use crate::Body;

/// What a [decoder](super::Decode) takes of a request, said by its type: the rest is let go at once.
///
/// A request waits for its body, for the endpoint, for whatever that waits for. What waits with it
/// is only this: the head of a request is 220 bytes and a table of headers, and most decoders never
/// look at it.
///
/// | a decoder that takes | gets |
/// |---|---|
/// | `http::Request<Body>` | all of it |
/// | [`Body`] | the body, with the server's limit |
/// | `http::request::Parts` | the head |
/// | `()` | nothing |
pub trait Input: Send + 'static {
    /// Takes it.
    fn take(head: Parts, body: Body) -> Self;
}

impl Input for Request<Body> {
    fn take(head: Parts, body: Body) -> Self {
        Self::from_parts(head, body)
    }
}

impl Input for Body {
    // Or the head that is let go is copied first.
    #[inline]
    fn take(_: Parts, body: Body) -> Self {
        body
    }
}

impl Input for Parts {
    fn take(head: Parts, _: Body) -> Self {
        head
    }
}

impl Input for () {
    fn take(_: Parts, _: Body) -> Self {}
}
