//! One accepted connection, from its first byte to its last.

use std::{convert::Infallible, net::SocketAddr, sync::Arc};
#[cfg(any(feature = "http2", feature = "tls-ring", feature = "tls-aws-lc"))]
use std::{future::poll_fn, pin::pin, task::Poll};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::Service};
use oxkit_core::Peer;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{Instant, timeout},
};

use super::{
    BoxError,
    activity::Activity,
    drain::Drain,
    driver::{Driver, End, LINGER},
    http1::Http1,
    io::{Io, OverTcp, Prefix},
    limits::Limits,
    service::Tracked,
};

#[cfg(any(feature = "http2", feature = "tls-ring", feature = "tls-aws-lc"))]
use super::driver::GRACE;
#[cfg(feature = "http2")]
use super::{
    http2::Http2,
    streams::{Streamed, Streams},
};

/// What all connections of a loop share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) limits: Limits,
    pub(super) drain: Arc<Drain>,
    pub(super) shows_peer: bool,
    #[cfg(feature = "http2")]
    pub(super) takes_h2c: bool,
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    pub(super) tls: Option<Arc<rustls::ServerConfig>>,
}

#[cfg(any(feature = "http2", feature = "tls-ring", feature = "tls-aws-lc"))]
impl Shared {
    /// Waits for what comes before HTTP. `None` if it takes too long: the time of a head, or once
    /// serving ends what a connection has that was opened just now.
    async fn begun_in_time<T>(&self, begin: impl Future<Output = Option<T>>) -> Option<T> {
        let mut begin = pin!(begin);
        // Made before the flag is looked at, so that the end is not missed in between.
        let mut begun = pin!(self.drain.begun());
        let limit = self.limits.header_read_time;
        let in_time = timeout(limit, async {
            let first = poll_fn(|task| {
                if let Poll::Ready(done) = begin.as_mut().poll(task) {
                    return Poll::Ready(Some(done));
                }
                if self.drain.has_begun() || begun.as_mut().poll(task).is_ready() {
                    return Poll::Ready(None);
                }
                Poll::Pending
            });
            match first.await {
                Some(done) => done,
                None => timeout(GRACE, begin.as_mut()).await.ok()?,
            }
        });
        in_time.await.ok()?
    }
}

/// The version of HTTP a connection speaks, where both are possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    #[cfg(feature = "http2")]
    Http2,
}

/// Serves one connection. What goes wrong on it concerns nobody else, and ends it.
pub(super) async fn serve<S, B>(
    stream: TcpStream,
    address: SocketAddr,
    shared: Arc<Shared>,
    service: S,
) where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    // An answer goes out when it is written. That the socket may refuse is no reason to.
    let _ = stream.set_nodelay(true);
    let connected = Connected { peer: shared.shows_peer.then_some(Peer(address)), shared, service };

    // Boxed where a connection may be more than HTTP/1.1 in the clear: most are that, and wait in
    // memory of the size of the largest way that is not.
    #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
    if let Some(config) = connected.shared.tls.clone() {
        let encrypted = async move {
            let accepted = super::tls::accept(stream, config);
            if let Some((stream, protocol)) = connected.shared.begun_in_time(accepted).await {
                connected.speak(stream, protocol, Prefix::default()).await;
            }
        };
        return Box::pin(encrypted).await;
    }

    #[cfg(feature = "http2")]
    if connected.shared.takes_h2c {
        let mut stream = stream;
        let either = async move {
            let detected = super::preface::detect(&mut stream);
            if let Some((protocol, prefix)) = connected.shared.begun_in_time(detected).await {
                connected.speak(stream, protocol, prefix).await;
            }
        };
        return Box::pin(either).await;
    }

    connected.speak(stream, Protocol::Http1, Prefix::default()).await;
}

struct Connected<S> {
    peer: Option<Peer>,
    shared: Arc<Shared>,
    service: S,
}

impl<S, B> Connected<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    async fn speak<T: OverTcp>(self, stream: T, protocol: Protocol, prefix: Prefix) {
        let activity = Arc::new(Activity::default());
        let io = Io::new(stream, prefix, Arc::clone(&activity));
        let Shared { limits, drain, .. } = &*self.shared;
        let shared = Arc::clone(&self.shared);
        let now = Instant::now();
        let end = match protocol {
            Protocol::Http1 => {
                let (active, drain) = (Arc::clone(&activity), Arc::clone(drain));
                let service = Tracked::new(self.service, self.peer, active, drain);
                let conn = Http1::new(io, service, limits);
                Driver::new(conn, activity, shared, now).await
            }
            #[cfg(feature = "http2")]
            Protocol::Http2 => {
                let (active, drain) = (Arc::clone(&activity), Arc::clone(drain));
                let streams = Streams::new(active, drain, limits.write_stall_time);
                let service = Streamed::new(self.service, self.peer, streams.clone());
                let conn = Http2::new(io, service, streams, limits, Arc::clone(&activity));
                Box::pin(Driver::new(conn, activity, shared, now)).await
            }
        };
        if let End::SlowHead(io) = end {
            // A peer that was slow to ask may be slow to hear: this ends too.
            let _ = timeout(LINGER, refuse(io)).await;
        }
    }
}

/// The answer to a head that took too long. hyper would close without a word.
const REQUEST_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    content-length: 52\r\n\
    connection: close\r\n\
    \r\n\
    the head of the request took too long to be received";

async fn refuse<T: OverTcp>(mut io: Io<T>) -> std::io::Result<()> {
    io.write_all(REQUEST_TIMEOUT).await?;
    io.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_takes_little_more_than_hypers() {
        let service = hyper::service::service_fn(async |_: Request<Incoming>| {
            Ok::<_, Infallible>(Response::new(crate::Body::empty()))
        });
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connect = || async { TcpStream::connect(address).await.unwrap() };
        let shared = Arc::new(Shared {
            limits: Limits::new(),
            drain: Arc::default(),
            shows_peer: false,
            #[cfg(feature = "http2")]
            takes_h2c: false,
            #[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
            tls: None,
        });
        let ours = size_of_val(&serve(connect().await, address, shared, service));
        let io = hyper_util::rt::TokioIo::new(connect().await);
        let bare = hyper::server::conn::http1::Builder::new().serve_connection(io, service);
        let hypers = size_of_val(&bare);
        assert!(ours < hypers + 1024, "{ours} and {hypers}");
    }
}
