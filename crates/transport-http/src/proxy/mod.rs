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
//!   `Connection` names, are taken out both ways, and of the request before the first hook: so the
//!   caller cannot take out what is added here. An upgrade (WebSocket) is not passed on.
//! * Several `Cookie` headers, as HTTP/2 sends them, become one.
//! * The time left and the request id of the context are sent along, if it has them.
//! * [`Forwarded`] or its older kin are added if asked for.
//!
//! Both bodies stream, without a limit on their size. The status of the upstream passes through. An
//! upstream that cannot be reached, or that breaks off before its head was sent, is 502; one that
//! takes longer than the server's timeout is 504. A request that is larger than a
//! [`body_limit`](crate::Server::body_limit) is 413, and one whose address is too long 414.

mod cookie;
mod forwarded;
mod hop;

use std::{convert::Infallible, error::Error, iter::successors};

use http::{Request, Response, StatusCode, Uri, header::HOST};
use oxkit_core::{Context, Endpoint};

pub use forwarded::Forwarded;

use crate::{
    Body, BodyError, ClientError, Decode, Encode, Rejection, Server,
    client::{Pool, pass_on},
    rejection::status_of_body,
    uri::{self, JoinError},
};

/// A server elsewhere, as an endpoint of whole HTTP messages.
///
/// [`into_server`](Self::into_server) makes it a [`Server`], with all the hooks and mounts of one.
/// As an [`Endpoint`] it also goes under layers, such as a breaker; [`server`] serves the whole.
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
    ///
    /// ```
    /// use oxkit_transport_http::{client::Pool, proxy::{Forwarded, ReverseProxy}};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let proxy = ReverseProxy::new(&Pool::new(), "http://10.0.0.7:8080".parse()?)
    ///     .with_forwarded(Forwarded::XForwarded { proto: "https" });
    /// assert!(format!("{proxy:?}").contains("https"));
    /// # Ok(())
    /// # }
    /// ```
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
        server(self)
    }

    async fn forward(
        &self,
        cx: &Context,
        request: Request<Body>,
    ) -> Result<Response<Body>, Rejection> {
        let (mut parts, body) = request.into_parts();
        // Done already, unless this is called without the server of this module.
        hop::strip_request(&mut parts.headers);
        if let Some(forwarded) = &self.forwarded {
            forwarded.add(cx, &mut parts);
        }
        cookie::join(&mut parts.headers);
        let takes_trailers = hop::takes_trailers(&parts.headers);
        // The client makes one of the address.
        parts.headers.remove(HOST);
        parts.uri = uri::join(&self.base, &parts.uri).map_err(unjoined)?;
        // Of the connection it came by; the pool knows which one the upstream speaks.
        parts.version = http::Version::HTTP_11;
        parts.extensions.clear();
        pass_on(cx, &mut parts);

        let response = self.pool.send(Request::from_parts(parts, body)).await.map_err(unsent)?;
        let mut response = response.map(Body::from);
        hop::strip_response(response.headers_mut(), takes_trailers);
        *response.version_mut() = http::Version::HTTP_11;
        Ok(response)
    }
}

impl Endpoint for ReverseProxy {
    type Request = Request<Body>;
    type Response = Response<Body>;
    type Error = Rejection;

    async fn call(&self, cx: Context, request: Request<Body>) -> Result<Response<Body>, Rejection> {
        self.forward(&cx, request).await
    }
}

/// A server of whole HTTP messages: of a [`ReverseProxy`], or of one under layers.
///
/// It takes out the headers of the caller's connection before the first hook, and sets no limit on
/// the request's body.
///
/// ```
/// use oxkit_transport_http::{client::Pool, proxy::{ReverseProxy, server}};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxy = ReverseProxy::new(&Pool::new(), "http://10.0.0.7:8080".parse()?);
/// // Layers, such as a breaker, go around `proxy` here.
/// let gateway = server(proxy).request_id();
/// # let _ = gateway;
/// # Ok(())
/// # }
/// ```
pub fn server<E>(endpoint: E) -> Server<E, PassThrough, PassThrough>
where
    E: Endpoint<Request = Request<Body>, Response = Response<Body>>,
{
    Server::new(endpoint, PassThrough, PassThrough).body_limit(u64::MAX).before(|_, parts| {
        hop::strip_request(&mut parts.headers);
        Ok(())
    })
}

fn unjoined(error: JoinError) -> Rejection {
    let status = match error {
        JoinError::NoServer => StatusCode::INTERNAL_SERVER_ERROR,
        JoinError::TooLong => StatusCode::URI_TOO_LONG,
    };
    Rejection::new(status, error.text())
}

/// A body that failed is the caller's, who is told so: of the response nothing was read yet.
fn unsent(error: ClientError) -> Rejection {
    let first: &(dyn Error + 'static) = &error;
    let body = successors(Some(first), |error| (**error).source())
        .find_map(|error| error.downcast_ref::<BodyError>())
        .map(|body| (status_of_body(body), body.to_string()));
    let rejection = match body {
        Some((status, text)) => Rejection::new(status, text),
        None => Rejection::new(StatusCode::BAD_GATEWAY, "the upstream server cannot be reached"),
    };
    rejection.with_source(error)
}

/// The codec of a [`ReverseProxy`]: messages stay what they are.
#[derive(Debug, Clone, Copy)]
pub struct PassThrough;

impl Decode<Request<Body>> for PassThrough {
    type Error = Infallible;
    type Input = Request<Body>;

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
