//! The head of the request, for those who need it behind the transport.

use http::{HeaderMap, Method, Uri, Version, request::Parts};

/// The head of the request being served, as a value of the [`Context`](oxkit_core::Context).
///
/// There only if the server was told to [keep it](super::Server::keep_head): it is a copy, and an
/// endpoint that reads it knows that it is called over HTTP.
///
/// ```
/// use oxkit_core::{Context, Refusal, endpoint_fn};
/// use oxkit_transport_http::{RequestHead, Server};
///
/// let endpoint = endpoint_fn(async |cx: Context, (): ()| {
///     let agent = cx.get::<RequestHead>().and_then(|head| head.header("user-agent"));
///     Ok::<_, Refusal>(agent.unwrap_or_default().to_owned())
/// });
/// let server = Server::json(endpoint).keep_head();
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RequestHead {
    /// The method.
    pub method: Method,
    /// The target as it was sent.
    pub uri: Uri,
    /// The protocol version.
    pub version: Version,
    /// The headers.
    pub headers: HeaderMap,
}

impl RequestHead {
    pub(super) fn of(head: &Parts) -> Self {
        Self {
            method: head.method.clone(),
            uri: head.uri.clone(),
            version: head.version,
            headers: head.headers.clone(),
        }
    }

    /// The first value of a header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}
