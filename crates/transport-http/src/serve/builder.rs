//! `serve(listener, service)` and what can be said about it before it is awaited.

use std::{
    convert::Infallible,
    fmt,
    future::{IntoFuture, Pending, pending},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::Service};
use tokio::net::TcpListener;

use super::{BoxError, Limits, Served, accept::run, connection::Shared, drain::Drain};

/// Serves `service` on `listener`: await it.
///
/// The service is hyper's, and is cloned once for each connection. A tower service, such as axum's
/// `Router`, goes through [`from_tower`](super::from_tower).
///
/// See the [module](super) for an example, for the protocols and for how it ends.
///
/// # Panics
///
/// A panic of the service ends the connection (on HTTP/2 the stream) it happened on, and is counted
/// in [`Served::panicked`]. Awaiting it outside a tokio runtime with time and I/O panics.
///
/// # Cancel safety
///
/// Dropping the future closes the listener and cuts all connections off at once.
pub fn serve<S>(listener: TcpListener, service: S) -> Serve<S> {
    Serve {
        listener,
        service,
        signal: pending(),
        limits: Limits::new(),
        drain_within: DRAIN_WITHIN,
        shows_peer: false,
        #[cfg(feature = "http2")]
        takes_h2c: false,
        #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
        tls: None,
    }
}

/// Within the 30 s that Kubernetes gives before it kills, with some left for what comes after.
const DRAIN_WITHIN: Duration = Duration::from_secs(25);

/// A listener and a service on it, made by [`serve`](super::serve()). It is served when awaited.
#[must_use = "nothing is served until it is awaited"]
pub struct Serve<S, F = Pending<()>> {
    listener: TcpListener,
    service: S,
    signal: F,
    limits: Limits,
    drain_within: Duration,
    shows_peer: bool,
    #[cfg(feature = "http2")]
    takes_h2c: bool,
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    tls: Option<Arc<rustls::ServerConfig>>,
}

impl<S, F> Serve<S, F> {
    /// Replaces the default [`Limits`].
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Ends serving, gracefully, when `signal` is ready. The default never ends.
    pub fn with_graceful_shutdown<G>(self, signal: G) -> Serve<S, G>
    where
        G: Future<Output = ()> + Send + 'static,
    {
        Serve {
            listener: self.listener,
            service: self.service,
            signal,
            limits: self.limits,
            drain_within: self.drain_within,
            shows_peer: self.shows_peer,
            #[cfg(feature = "http2")]
            takes_h2c: self.takes_h2c,
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            tls: self.tls,
        }
    }

    /// How long the requests in flight may take after the signal. Default: 25 s.
    ///
    /// Below the 30 s after which Kubernetes kills, so that there is time for what comes after.
    pub const fn drain_within(mut self, time: Duration) -> Self {
        self.drain_within = time;
        self
    }

    /// Puts the client's address as an [`oxkit_core::Peer`] into the extensions of each request.
    ///
    /// Off by default, because it costs an allocation a request.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// use oxkit_core::Peer;
    /// use oxkit_transport_http::{Body, listen, serve};
    /// # use std::convert::Infallible;
    /// # use http::{Request, Response};
    /// # use hyper::body::Incoming;
    ///
    /// let who = hyper::service::service_fn(async |request: Request<Incoming>| {
    ///     let Some(Peer(address)) = request.extensions().get() else { unreachable!() };
    ///     Ok::<_, Infallible>(Response::new(Body::from(address.to_string())))
    /// });
    /// let serving = serve(listen("127.0.0.1:0").await?, who).with_peer();
    /// # drop(serving);
    /// # Ok(())
    /// # }
    /// ```
    pub const fn with_peer(mut self) -> Self {
        self.shows_peer = true;
        self
    }

    /// Also takes HTTP/2 in the clear, from clients that know that the server speaks it.
    ///
    /// The first bytes of a connection tell which it is. An upgrade from HTTP/1.1 is not offered:
    /// RFC 9113 gave it up. With [`tls`](Self::tls) it has no effect: there ALPN decides.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
    /// use oxkit_transport_http::{Router, listen, serve};
    ///
    /// let serving = serve(listen("127.0.0.1:0").await?, Router::new()).with_h2c();
    /// # drop(serving);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "http2")]
    pub const fn with_h2c(mut self) -> Self {
        self.takes_h2c = true;
        self
    }

    /// Serves over TLS.
    ///
    /// The configuration is the caller's: the certificate, whether clients must show one, and the
    /// protocols. HTTP/2 is spoken with clients that agree on it, so `alpn_protocols` must offer it:
    /// [`tls::alpn_protocols`](crate::tls::alpn_protocols) is what this build can speak. Left
    /// empty, all clients get HTTP/1.1.
    ///
    /// Clients that must show a certificate (mutual TLS) are the configuration's too:
    ///
    /// ```
    /// use std::sync::Arc;
    /// use oxkit_transport_http::{Router, serve, serve::Serve, tls::alpn_protocols};
    /// use rustls::{RootCertStore, ServerConfig, server::WebPkiClientVerifier};
    /// # use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    ///
    /// # type Error = Box<dyn std::error::Error>;
    /// # fn encrypted(
    /// #     listener: tokio::net::TcpListener,
    /// #     router: Router,
    /// #     chain: Vec<CertificateDer<'static>>,
    /// #     key: PrivateKeyDer<'static>,
    /// #     roots: RootCertStore, // the authorities of the clients' certificates
    /// # ) -> Result<Serve<Router>, Error> {
    /// let clients = WebPkiClientVerifier::builder(Arc::new(roots)).build()?;
    /// let mut config = ServerConfig::builder()
    ///     .with_client_cert_verifier(clients) // or .with_no_client_auth()
    ///     .with_single_cert(chain, key)?;
    /// config.alpn_protocols = alpn_protocols();
    /// Ok(serve(listener, router).tls(Arc::new(config)))
    /// # }
    /// ```
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    pub fn tls(mut self, config: Arc<rustls::ServerConfig>) -> Self {
        self.tls = Some(config);
        self
    }
}

/// The future of [`Serve`].
pub type Serving = Pin<Box<dyn Future<Output = Served> + Send>>;

impl<S, B, F> IntoFuture for Serve<S, F>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    F: Future<Output = ()> + Send + 'static,
{
    type Output = Served;
    type IntoFuture = Serving;

    fn into_future(self) -> Serving {
        let shared = Arc::new(Shared {
            limits: self.limits,
            drain: Arc::new(Drain::default()),
            shows_peer: self.shows_peer,
            #[cfg(feature = "http2")]
            takes_h2c: self.takes_h2c,
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            tls: self.tls,
        });
        Box::pin(run(self.listener, self.service, shared, self.signal, self.drain_within))
    }
}

impl<S, F> fmt::Debug for Serve<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .field("limits", &self.limits)
            .field("drain_within", &self.drain_within)
            .finish_non_exhaustive()
    }
}
