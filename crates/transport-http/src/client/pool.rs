//! Connections to remote servers, kept and shared.

use std::{fmt, sync::Arc, time::Duration};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use crate::Body;

/// Connections to remote servers, kept open and shared by any number of [`Client`](super::Client)s.
///
/// Make one for the program, or one for each TLS identity, and clone it freely: a clone shares the
/// connections. Dropping the last clone closes those that are idle.
///
/// It performs no retry of its own, except of a request that provably never left: a kept connection
/// the server closed before it was written to.
///
/// ```
/// use std::time::Duration;
/// use oxkit_transport_http::client::Pool;
///
/// # let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
/// # let _guard = runtime.enter();
/// let pool = Pool::builder().connect_timeout(Duration::from_secs(1)).build();
/// let shared = pool.clone();
/// ```
#[derive(Clone)]
pub struct Pool(Arc<Wire>);

enum Wire {
    Plain(legacy::Client<HttpConnector, Body>),
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    Tls(legacy::Client<hyper_rustls::HttpsConnector<HttpConnector>, Body>),
}

impl Pool {
    /// A pool with the defaults of [`PoolBuilder`]: `http` only.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// What a pool may be told, with its defaults.
    pub const fn builder() -> PoolBuilder {
        PoolBuilder {
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(60),
            max_idle_per_host: 64,
            #[cfg(feature = "http2")]
            h2c: false,
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            tls: None,
        }
    }

    pub(crate) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        match &*self.0 {
            Wire::Plain(client) => client.request(request).await,
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            Wire::Tls(client) => client.request(request).await,
        }
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

/// What a [`Pool`] may be told.
///
/// | setting | default | why |
/// |---|---|---|
/// | [`connect_timeout`](Self::connect_timeout) | 5 s | one lost packet is sent again within it |
/// | [`idle_timeout`](Self::idle_timeout) | 60 s | below the 75 s after which our servers close, so that the client closes first and no request meets a closing connection |
/// | [`max_idle_per_host`](Self::max_idle_per_host) | 64 | enough to reuse, and bounded |
/// | [`tls`](Self::tls) | none | `http` only |
/// | [`h2c`](Self::h2c) | off | in the clear, HTTP/2 must be known to be spoken |
///
/// Small requests are not held back to be sent together (`TCP_NODELAY`).
#[derive(Clone)]
#[must_use = "a builder does nothing until it is built"]
pub struct PoolBuilder {
    connect_timeout: Duration,
    idle_timeout: Duration,
    max_idle_per_host: usize,
    #[cfg(feature = "http2")]
    h2c: bool,
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl PoolBuilder {
    /// How long one TCP connection may take to be made, over all addresses of the host. The
    /// client's own timeout holds besides, and covers the TLS handshake.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a connection is kept without being used.
    pub const fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How many unused connections are kept for each host. How many are in use is not limited here:
    /// that is a concurrency limit's concern.
    pub const fn max_idle_per_host(mut self, connections: usize) -> Self {
        self.max_idle_per_host = connections;
        self
    }

    /// Speaks HTTP/2 in the clear, to servers known to speak it. All requests of one host then
    /// share one connection. With [`tls`](Self::tls) it is not needed: ALPN decides.
    #[cfg(feature = "http2")]
    pub const fn h2c(mut self) -> Self {
        self.h2c = true;
        self
    }

    /// Speaks TLS to `https` addresses. `http` addresses stay in the clear.
    ///
    /// The configuration is the caller's: which authorities are trusted, and the certificate this
    /// side shows (mutual TLS). Where it offers no protocols, those of
    /// [`alpn_protocols`](crate::tls::alpn_protocols) are offered, so that HTTP/2 is spoken with
    /// servers that can.
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    pub fn tls(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Makes the pool. No connection is made before the first request.
    #[must_use]
    pub fn build(self) -> Pool {
        let mut http = HttpConnector::new();
        http.set_nodelay(true);
        http.set_connect_timeout(Some(self.connect_timeout));

        let mut client = legacy::Client::builder(TokioExecutor::new());
        client
            // Without a timer idle connections would never be closed.
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(self.max_idle_per_host);
        #[cfg(feature = "http2")]
        client.http2_only(self.h2c);

        #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
        if let Some(mut config) = self.tls {
            http.enforce_http(false);
            if config.alpn_protocols.is_empty() {
                Arc::make_mut(&mut config).alpn_protocols = crate::tls::alpn_protocols();
            }
            let https = hyper_rustls::HttpsConnector::from((http, config));
            return Pool(Arc::new(Wire::Tls(client.build(https))));
        }
        Pool(Arc::new(Wire::Plain(client.build(http))))
    }
}

impl fmt::Debug for PoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PoolBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_idle_per_host", &self.max_idle_per_host)
            .finish_non_exhaustive()
    }
}
