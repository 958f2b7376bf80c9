//! A server that runs and a client of it, with all that they tell.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use oxkit_core::{BoxEndpoint, Context, Endpoint, ErrorKind};
use tokio::{
    net::TcpListener,
    sync::{
        mpsc::{UnboundedReceiver, unbounded_channel},
        oneshot,
    },
    task::JoinHandle,
    time::timeout,
};

use super::{Caller, Script, Service, Transport, parties::End};
use crate::Probe;

/// Long enough for anything that happens, for a test that would otherwise hang.
const SOON: Duration = Duration::from_secs(30);

/// Longer than any test lasts.
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// More than any test sends, but for those of the limits.
const MEBIBYTES: u64 = 4 << 20;

pub(super) struct World<T: Transport> {
    pub(super) probe: Probe,
    pub(super) client: BoxEndpoint<String, String, T::Error>,
    address: SocketAddr,
    at_server: UnboundedReceiver<End>,
    at_client: UnboundedReceiver<End>,
    seen: Arc<Mutex<Vec<Option<String>>>>,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl<T: Transport> World<T> {
    pub(super) async fn new(transport: &T) -> Self {
        Self::with(transport, |_, _| {}).await
    }

    pub(super) async fn with(
        transport: &T,
        change: impl FnOnce(&mut Service, &mut Caller),
    ) -> Self {
        let probe = Probe::new();
        let (tell_server, at_server) = unbounded_channel();
        let (tell_client, at_client) = unbounded_channel();
        let mut service = Service {
            endpoint: Script(probe.clone()),
            limit: HOUR,
            message_limit: MEBIBYTES,
            catches_panics: false,
            told: tell_server,
            finalizer_panics: false,
        };
        let mut caller = Caller {
            message_limit: MEBIBYTES,
            told: tell_client,
            seen: Arc::default(),
            finalizer_panics: false,
        };
        change(&mut service, &mut caller);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap_or_default() };
        let serving = tokio::spawn(transport.serve(listener, service, stopped));
        let seen = Arc::clone(&caller.seen);
        let client = transport.client(address, caller);
        Self { probe, client, address, at_server, at_client, seen, stop, serving }
    }

    pub(super) async fn call(&self, request: &str) -> Result<String, T::Error> {
        self.call_with(Context::new(), request).await
    }

    pub(super) async fn call_with(&self, cx: Context, request: &str) -> Result<String, T::Error> {
        soon(self.client.call(cx, request.to_owned())).await
    }

    /// A call on a task of its own.
    pub(super) fn begin(&self, request: &str) -> JoinHandle<Result<String, T::Error>> {
        let (client, request) = (self.client.clone(), request.to_owned());
        tokio::spawn(async move { client.call(Context::new(), request).await })
    }

    /// How the next call ended that the server's finalizer is told of.
    pub(super) async fn at_server(&mut self) -> (String, Option<ErrorKind>) {
        soon(self.at_server.recv()).await.expect("the server is there")
    }

    /// Checks how a call ended that both sides are told of.
    pub(super) async fn ended(
        &mut self,
        at_server: (&str, Option<ErrorKind>),
        at_client: (&str, Option<ErrorKind>),
    ) {
        let (word, kind) = self.at_server().await;
        assert_eq!((&*word, kind), at_server, "the server's finalizer");
        self.client_ended(at_client).await;
    }

    pub(super) async fn client_ended(&mut self, expected: (&str, Option<ErrorKind>)) {
        let (word, kind) = soon(self.at_client.recv()).await.expect("the client is there");
        assert_eq!((&*word, kind), expected, "the client's finalizer");
    }

    /// The values of the last response's headers of these names.
    pub(super) fn seen(&self) -> Vec<Option<String>> {
        self.seen.lock().expect("nothing panics while it is held").clone()
    }

    /// Tells the server to stop, and waits until it listens no more.
    pub(super) async fn stop(self) -> Stopping {
        let _ = self.stop.send(());
        soon(async {
            while tokio::net::TcpStream::connect(self.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
        })
        .await;
        Stopping {
            probe: self.probe,
            at_server: self.at_server,
            at_client: self.at_client,
            serving: self.serving,
        }
    }

    /// The end of a test: nothing is left in flight, the server ends, and no finalizer was told of
    /// anything more.
    pub(super) async fn end(mut self) {
        // As its connections would be waited for.
        self.client = oxkit_core::endpoint_fn(async |_, request| Ok(request)).boxed();
        self.stop().await.end().await;
    }
}

/// A server that was told to stop.
pub(super) struct Stopping {
    probe: Probe,
    at_server: UnboundedReceiver<End>,
    at_client: UnboundedReceiver<End>,
    serving: JoinHandle<()>,
}

impl Stopping {
    /// How the calls ended that the finalizers of the server and of the client are told of.
    pub(super) async fn ends(&mut self) -> (End, End) {
        let at_server = soon(self.at_server.recv()).await.expect("the server is there");
        (at_server, self.client_end().await)
    }

    /// How the next call ended that the client's finalizer is told of.
    pub(super) async fn client_end(&mut self) -> End {
        soon(self.at_client.recv()).await.expect("the client is there")
    }

    /// Whether nothing is served any more.
    pub(super) fn has_ended(&self) -> bool {
        self.serving.is_finished()
    }

    pub(super) async fn end(mut self) {
        soon(self.serving).await.expect("a server does not panic");
        assert_eq!(self.probe.in_flight(), 0);
        assert_eq!(self.at_server.try_recv().ok(), None, "the server's finalizer, once more");
        assert_eq!(self.at_client.try_recv().ok(), None, "the client's finalizer, once more");
    }
}

/// Waits for what must happen.
pub(super) async fn soon<F: Future>(event: F) -> F::Output {
    timeout(SOON, pin!(event)).await.expect("it happens soon")
}
