//! A reverse proxy to one server.
//!
//! ```
//! use oxkit_core::RequestId;
//! use oxkit_transport_http::{Router, client::Pool, proxy::ReverseProxy};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let pool = Pool::new();
//! let todos = ReverseProxy::new(&pool, "http://10.0.0.7:8080/v1".parse()?)
//!     .into_server()
//!     .request_id()
//!     .before(|cx, parts| {
//!         parts.headers.remove("x-internal");
//!         Ok(())
//!     });
//! let router = Router::new().get("/todos/{*rest}", todos);
//! # Ok(())
//! # }
//! ```
//!
//! # When to use it, and when not
//!
//! It passes on what is not (yet) an endpoint of this program: an old service behind a new gateway,
//! a static site beside an API. It has one upstream: where there are several to choose from, an
//! endpoint per method with a balancer knows more of a call than a proxy does.
//!
//! # What is changed on the way
//!
//! * The address: the base, then the path and the query of the request. `Host` names the upstream.
//! * The headers that concern one connection only (RFC 9110, section 7.6.1), and those that
//!   `Connection` names, are taken out both ways. So an upgrade (WebSocket) is not passed on.
//! * The time left and the request id of the context are sent along, if it has them.
//! * [`Forwarded`] or its older kin are added if asked for.
//!
//! Both bodies stream, without a limit on their size. The status of the upstream passes through. An
//! upstream that cannot be reached, or that breaks off before its head was sent, is 502; one that
//! takes longer than the server's timeout is 504.

mod forwarded;
mod hop;

use std::convert::Infallible;

use http::{
    Request, Response, StatusCode, Uri,
    header::{HOST, TE},
};
use oxkit_core::{Context, Endpoint};

pub use forwarded::Forwarded;

use crate::{
    Body, ClientError, Decode, Encode, Rejection, Server,
    client::{Pool, pass_on},
    uri,
};

/// A server elsewhere, as an endpoint of whole HTTP messages.
///
/// [`into_server`](Self::into_server) makes it a [`Server`], with all the hooks and mounts of one.
/// As an [`Endpoint`] it also goes under layers, such as a breaker.
#[derive(Debug, Clone)]
pub struct ReverseProxy {
    pool: Pool,
    base: Uri,
    forwarded: Option<Forwarded>,
}

impl ReverseProxy {
    /// Passes requests on to the server at `base`, whose path and query come in front of the
    /// request's.
    #[must_use]
    pub fn new(pool: &Pool, base: Uri) -> Self {
        Self { pool: pool.clone(), base, forwarded: None }
    }

    /// Tells the upstream whom the request came from. The default tells nothing, and passes on what
    /// the caller claims.
    #[must_use]
    pub const fn with_forwarded(mut self, forwarded: Forwarded) -> Self {
        self.forwarded = Some(forwarded);
        self
    }

    /// A server that answers with what the upstream answers. Hooks, finalizers, the timeout and the
    /// error encoder are those of any [`Server`].
    ///
    /// What a before hook makes of the request and the context is what is sent.
    pub fn into_server(self) -> Server<Self, PassThrough, PassThrough> {
        Server::new(self, PassThrough, PassThrough).body_limit(u64::MAX)
    }

    async fn forward(
        &self,
        cx: &Context,
        request: Request<Body>,
    ) -> Result<Response<Body>, ClientError> {
        let (mut parts, body) = request.into_parts();
        if let Some(forwarded) = &self.forwarded {
            forwarded.add(cx, &mut parts);
        }
        let takes_trailers = hop::takes_trailers(&parts.headers);
        hop::strip(&mut parts.headers);
        if takes_trailers {
            parts.headers.insert(TE, http::HeaderValue::from_static("trailers"));
        }
        // The client makes one of the address.
        parts.headers.remove(HOST);
        parts.uri = uri::join(&self.base, &parts.uri);
        // Of the connection it came by; the pool knows which one the upstream speaks.
        parts.version = http::Version::HTTP_11;
        parts.extensions.clear();
        pass_on(cx, &mut parts);

        let response = self.pool.send(Request::from_parts(parts, body)).await?;
        let mut response = response.map(Body::from);
        hop::strip(response.headers_mut());
        *response.version_mut() = http::Version::HTTP_11;
        Ok(response)
    }
}

impl Endpoint for ReverseProxy {
    type Request = Request<Body>;
    type Response = Response<Body>;
    type Error = Rejection;

    async fn call(&self, cx: Context, request: Request<Body>) -> Result<Response<Body>, Rejection> {
        self.forward(&cx, request).await.map_err(|error| {
            Rejection::new(StatusCode::BAD_GATEWAY, "the upstream server cannot be reached")
                .with_source(error)
        })
    }
}

/// The codec of a [`ReverseProxy`]: messages stay what they are.
#[derive(Debug, Clone, Copy)]
pub struct PassThrough;

impl Decode<Request<Body>> for PassThrough {
    type Error = Infallible;

    async fn decode(
        &self,
        _: Context,
        request: Request<Body>,
    ) -> Result<Request<Body>, Infallible> {
        Ok(request)
    }
}

impl Encode<Response<Body>> for PassThrough {
    async fn encode(
        &self,
        _: Context,
        response: Response<Body>,
    ) -> Result<Response<Body>, Box<dyn oxkit_core::Failure>> {
        Ok(response)
    }
}
