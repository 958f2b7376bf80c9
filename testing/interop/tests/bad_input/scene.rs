//! A server whose streams are counted.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use oxkit_core::{Context, Endpoint, ErrorKind, Refusal, endpoint_fn, endpoint_fn_with};
use oxkit_transport_grpc::{Ended, Method, Router, Service, client::Client};
use oxkit_transport_http::serve::Limits;
use testing_interop::{Counted, Numbers, Server, channel, serve_within, until};
use tokio::{runtime::Handle, sync::mpsc, time::timeout};

/// Long enough for anything that happens, for a test that would otherwise hang.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// A server with the methods `Echo`, `Endless` and `Hang` of `t.T`.
pub(crate) struct Scene {
    pub(crate) server: Server,
    /// How many streams and calls there are.
    pub(crate) alive: Arc<AtomicU64>,
    /// How calls of `Endless` and `Hang` ended.
    pub(crate) endings: mpsc::UnboundedReceiver<(Ended, Option<ErrorKind>)>,
    tasks: usize,
}

/// Counts for as long as it lives.
struct Alive(Arc<AtomicU64>);

impl Alive {
    fn new(alive: &Arc<AtomicU64>) -> Self {
        alive.fetch_add(1, Relaxed);
        Self(Arc::clone(alive))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::within(Limits::new()).await
    }

    pub(crate) async fn within(limits: Limits) -> Self {
        let tasks = Handle::current().metrics().num_alive_tasks();
        let alive = Arc::new(AtomicU64::new(0));
        let echo = endpoint_fn(async |_cx, text: String| Ok::<_, Refusal>(text));
        let endless = endpoint_fn_with(Arc::clone(&alive), async |alive: &_, _cx, _: i64| {
            let numbers = Numbers::below(i64::MAX);
            Ok::<_, Refusal>(Counted::new(numbers, alive, &Arc::default()))
        });
        let hang = endpoint_fn_with(
            Arc::clone(&alive),
            async |alive: &_, _cx, _: String| -> Result<String, Refusal> {
                let _alive = Alive::new(alive);
                pending().await
            },
        );
        let (tell, endings) = mpsc::unbounded_channel();
        let watched = |method: Method| {
            let tell = tell.clone();
            method.finalize(move |_, report| {
                // Nobody may listen any more.
                let _ = tell.send((report.ended(), report.kind()));
            })
        };
        let text = |text: String| Ok::<_, Refusal>(text);
        let number = |number: i64| Ok::<_, Refusal>(number);
        let service = Service::new("t.T")
            .method("Echo", Method::unary(echo, text, text).message_limit(1_000))
            .method("Endless", watched(Method::server_streaming(endless, number, number)))
            .method(
                "Hang",
                watched(Method::unary(hang, text, text).timeout(Duration::from_secs(600))),
            );
        let server =
            serve_within(Router::new().service(service), limits).await.expect("a free port");
        Self { server, alive, endings, tasks }
    }

    /// How the next call of those that are watched ended.
    pub(crate) async fn ending(&mut self) -> Ended {
        self.ending_of_kind().await.0
    }

    /// How it ended, and the kind of its failure.
    pub(crate) async fn ending_of_kind(&mut self) -> (Ended, Option<ErrorKind>) {
        timeout(SOON, self.endings.recv()).await.expect("it ends").expect("the server lives")
    }

    /// A client of good manners is served as ever.
    pub(crate) async fn goes_on(&self) {
        let text = |text: String| Ok::<_, Refusal>(text);
        let echo = Client::unary(channel(self.server.address()), "t.T", "Echo", text, text);
        let answer = timeout(SOON, echo.call(Context::new(), "still here".into())).await;
        assert_eq!(answer.expect("it answers").expect("it is well"), "still here");
    }

    /// Waits until there are so many calls.
    pub(crate) async fn has(&self, calls: u64) {
        until("the calls have come", || self.alive.load(Relaxed) == calls).await;
    }

    /// Waits until no call is left.
    pub(crate) async fn is_idle(&self) {
        self.has(0).await;
    }

    /// The server goes on, and when it ends, no call and no task is left.
    pub(crate) async fn end(self) {
        self.goes_on().await;
        self.is_idle().await;
        let _ = self.server.stop().await;
        until("no task is left", || Handle::current().metrics().num_alive_tasks() <= self.tasks)
            .await;
    }
}
