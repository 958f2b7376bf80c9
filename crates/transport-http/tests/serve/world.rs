//! A server that a test can hold, let go of and stop.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    Request, Response, StatusCode,
    header::{CONNECTION, UPGRADE},
};
use http_body::Frame;
use hyper::{body::Incoming, service::Service};
use oxkit_transport_http::{
    Body,
    serve::{self, Serve, Served, serve},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    task::JoinHandle,
};

/// The length of the answer at `/large`: more than a peer's window, and than the kernel holds.
pub(crate) const LARGE: usize = 16 << 20;

/// Answers `/held` when it is let go of, panics at `/panic`, and answers anything else at once:
/// much at `/large`, without an end at `/endless`, with another protocol at `/upgrade`.
#[derive(Clone)]
pub(crate) struct Held {
    /// One permit for each request that came in.
    pub(crate) arrived: Arc<Semaphore>,
    /// One permit for each request that may be answered.
    pub(crate) released: Arc<Semaphore>,
}

impl Held {
    pub(crate) fn new() -> Self {
        Self { arrived: Arc::new(Semaphore::new(0)), released: Arc::new(Semaphore::new(0)) }
    }

    /// Waits until this many more requests were received.
    pub(crate) async fn arrivals(&self, count: u32) {
        self.arrived.acquire_many(count).await.unwrap().forget();
    }

    pub(crate) fn release(&self, count: usize) {
        self.released.add_permits(count);
    }
}

impl Service<Request<Incoming>> for Held {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            this.arrived.add_permits(1);
            match request.uri().path() {
                "/held" => this.released.acquire().await.unwrap().forget(),
                "/panic" => std::panic::resume_unwind(Box::new("on purpose")),
                "/large" => return Ok(Response::new(vec![b'x'; LARGE].into())),
                "/endless" => return Ok(Response::new(Body::new(Endless))),
                "/upgrade" => {
                    let response = Response::builder()
                        .status(StatusCode::SWITCHING_PROTOCOLS)
                        .header(CONNECTION, "upgrade")
                        .header(UPGRADE, "other");
                    return Ok(response.body(Body::empty()).unwrap());
                }
                _ => {}
            }
            let peer = request.extensions().get::<oxkit_core::Peer>().map(|peer| peer.0.ip());
            Ok(Response::new(format!("{:?} {peer:?}", request.version()).into()))
        })
    }
}

/// A body without an end.
struct Endless;

impl http_body::Body for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[0; 16 * 1024])))))
    }
}

/// A loop that runs.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<Served>,
}

impl Running {
    pub(crate) async fn start(configure: impl FnOnce(Serve<Held>) -> Serve<Held>) -> (Self, Held) {
        let held = Held::new();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let serve = configure(serve(listener, held.clone()))
            .with_graceful_shutdown(async { stopped.await.unwrap_or_default() });
        let served = tokio::spawn(async { serve.await });
        (Self { address, stop, served }, held)
    }

    /// Says that it is time to stop, and goes on.
    pub(crate) fn begin_stop(self) -> JoinHandle<Served> {
        self.stop.send(()).unwrap();
        self.served
    }

    /// Says that it is time to stop, and goes on once nobody can connect any more.
    pub(crate) async fn begin_stop_and_refuse(self) -> JoinHandle<Served> {
        let address = self.address;
        let served = self.begin_stop();
        refuses(address).await;
        served
    }

    /// Stops, and waits for the end.
    pub(crate) async fn stop(self) -> Served {
        self.begin_stop().await.unwrap()
    }
}

/// Waits until nobody can connect any more.
pub(crate) async fn refuses(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

static_assertions::assert_impl_all!(serve::Serving: Send);
static_assertions::assert_impl_all!(Serve<Held>: Send, std::fmt::Debug);
