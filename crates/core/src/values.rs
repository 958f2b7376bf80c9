//! The context values that more than one crate speaks of.

use std::{fmt, net::SocketAddr, sync::Arc};

/// The identifier of one request as it travels through several services.
///
/// A transport reads it from the request it serves and passes it on with the requests it makes
/// meanwhile; a logger may add it to every line. Cloning shares the text.
///
/// ```
/// use oxkit_core::{Context, RequestId};
///
/// let cx = Context::new().with(RequestId::from("7f3a"));
/// assert_eq!(cx.get::<RequestId>().map(RequestId::as_str), Some("7f3a"));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<Arc<str>>> From<T> for RequestId {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RequestId").field(&self.as_str()).finish()
    }
}

/// The network address a call came from, as the transport saw it.
///
/// This is the other end of the connection. Behind a proxy it is the proxy: what a forwarding
/// header claims is never put here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer(pub SocketAddr);
