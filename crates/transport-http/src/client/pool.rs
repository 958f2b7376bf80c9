//! Connections to remote servers, kept and shared.

use std::{fmt, sync::Arc, time::Duration};

use http::{Request, Response, Uri, uri::Scheme};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{self, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};

use oxkit_core::ErrorKind;

use super::ClientError;
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
            #[cfg(feature = "http2")]
            ping: Some((Duration::from_secs(10), Duration::from_secs(10))),
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            tls: None,
        }
    }

    pub(crate) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, ClientError> {
        if let Some(text) = self.refusal(request.uri()) {
            return Err(ClientError::of_kind(ErrorKind::Internal, text));
        }
        let response = match &*self.0 {
            Wire::Plain(client) => client.request(request).await,
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            Wire::Tls(client) => client.request(request).await,
        };
        response.map_err(ClientError::from)
    }

    /// Why an address can never be reached by this pool. The connector would call it a connection
    /// that failed, which invites to try again.
    fn refusal(&self, uri: &Uri) -> Option<&'static str> {
        let scheme = uri.scheme()?;
        if *scheme == Scheme::HTTP {
            return None;
        }
        if *scheme != Scheme::HTTPS {
            return Some("the address is neither of http nor of https");
        }
        match &*self.0 {
            Wire::Plain(_) => Some("the address is of https, and this pool speaks no TLS"),
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            Wire::Tls(_) => None,
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
/// | [`ping`](Self::ping) | every 10 s, 10 s to answer | a dead HTTP/2 connection is found before the 30 s of a call are over |
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
    #[cfg(feature = "http2")]
    ping: Option<(Duration, Duration)>,
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl PoolBuilder {
    /// How long one TCP connection may take to be made, over all addresses of the host. The
    /// client's own timeout holds besides, and covers the TLS handshake. `Duration::MAX` leaves it
    /// to the system.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a connection is kept without being used. `Duration::MAX` keeps it until the server
    /// closes it.
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

    /// How often an HTTP/2 server is asked whether it is still there, and how long it has to answer;
    /// `None` never asks. One that does not answer loses the connection with the calls on it, which
    /// fail as [`Unavailable`](ErrorKind::Unavailable), and the next call makes a new one.
    ///
    /// All calls to a host share one connection, so one that died without a word (a firewall forgot
    /// it, the host lost power) would take every call with it for as long as the system tries to
    /// send. Unused connections are asked too: otherwise the first call after a pause would be the
    /// one to find out. Some servers take many questions for an attack; ask those less often.
    ///
    /// ```
    /// use std::time::Duration;
    /// use oxkit_transport_http::client::Pool;
    ///
    /// let seldom = Some((Duration::from_secs(300), Duration::from_secs(20)));
    /// let builder = Pool::builder().ping(seldom);
    /// assert!(format!("{builder:?}").contains("ping: Some((300s, 20s))"));
    /// ```
    #[cfg(feature = "http2")]
    pub const fn ping(mut self, every_within: Option<(Duration, Duration)>) -> Self {
        self.ping = every_within;
        self
    }

    /// Speaks TLS to `https` addresses. `http` addresses stay in the clear.
    ///
    /// The configuration is the caller's: which authorities are trusted, and the certificate this
    /// side shows (mutual TLS). Where it offers no protocols, those of
    /// [`alpn_protocols`](crate::tls::alpn_protocols) are offered, so that HTTP/2 is spoken with
    /// servers that can.
    ///
    /// ```
    /// # #[cfg(feature = "tls-ring")]
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::sync::Arc;
    /// use oxkit_transport_http::client::Pool;
    /// use rustls::{ClientConfig, RootCertStore, crypto::ring};
    ///
    /// // The authorities that are trusted: of the system, of a crate, or your own.
    /// let roots = RootCertStore::empty();
    /// let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
    ///     .with_safe_default_protocol_versions()?
    ///     .with_root_certificates(roots)
    ///     // Mutual TLS: `with_client_auth_cert(chain, key)?` in place of this.
    ///     .with_no_client_auth();
    /// let pool = Pool::builder().tls(Arc::new(config)).build();
    /// # assert!(format!("{pool:?}").starts_with("Pool"));
    /// # Ok(())
    /// # }
    /// # #[cfg(feature = "tls-ring")]
    /// # example().unwrap();
    /// ```
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
        http.set_connect_timeout(bounded(self.connect_timeout));

        let mut client = legacy::Client::builder(TokioExecutor::new());
        client
            // Without a timer idle connections would never be closed.
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(bounded(self.idle_timeout))
            .pool_max_idle_per_host(self.max_idle_per_host);
        #[cfg(feature = "http2")]
        {
            client.http2_only(self.h2c);
            if let Some((every, within)) = self.ping
                && let Some(every) = bounded(every)
            {
                client
                    .http2_keep_alive_interval(every)
                    .http2_keep_alive_timeout(within.min(AGE))
                    .http2_keep_alive_while_idle(true);
            }
        }

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

/// Ten years. No process waits that long, and the clock can count it.
const AGE: Duration = Duration::from_secs(10 * 365 * 24 * 60 * 60);

/// A time that will never pass is none: added to an instant it could overflow, which panics.
fn bounded(limit: Duration) -> Option<Duration> {
    (limit < AGE).then_some(limit)
}

impl fmt::Debug for PoolBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("PoolBuilder");
        out.field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_idle_per_host", &self.max_idle_per_host);
        #[cfg(feature = "http2")]
        out.field("h2c", &self.h2c).field("ping", &self.ping);
        out.finish_non_exhaustive()
    }
}
