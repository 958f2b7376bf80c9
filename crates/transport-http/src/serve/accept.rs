//! The loop that accepts, owns the connections and ends them.

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::Service};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinError, JoinSet},
    time::{Sleep, sleep, timeout},
};

use super::{
    BoxError, Served,
    connection::{self, Shared},
};

/// How long the connections that were cut off have to be gone. One whose service blocks its thread
/// does not notice, and must not hold up the end.
const ABORT_TIME: Duration = Duration::from_millis(100);

/// The first wait after an accept that failed for want of a resource, and the longest.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

type Accepted = (TcpStream, SocketAddr);

/// Accepts until `signal`, then drains.
pub(super) async fn run<S, B>(
    listener: TcpListener,
    service: S,
    shared: Arc<Shared>,
    signal: impl Future<Output = ()>,
    drain_within: Duration,
) -> Served
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let mut connections = Connections::new(service, shared);
    let mut signal = pin!(signal);
    let mut backoff = Backoff::default();
    std::future::poll_fn(|task| {
        loop {
            if signal.as_mut().poll(task).is_ready() {
                return Poll::Ready(());
            }
            connections.poll_reap(task);
            if connections.are_full() || backoff.poll(task).is_pending() {
                return Poll::Pending;
            }
            match listener.poll_accept(task) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(accepted)) => {
                    backoff.reset();
                    connections.begin(accepted);
                }
                // The connection failed and not the listener: the next one may be well.
                Poll::Ready(Err(error)) if is_of_peer(&error) => {}
                Poll::Ready(Err(_)) => backoff.begin(),
            }
        }
    })
    .await;

    connections.shared.drain.begin();
    let waiting = take_backlog(listener);
    connections.drain(waiting, drain_within).await
}

/// Takes the connections that the kernel has made and nobody has accepted, and closes the listener.
///
/// Their clients may have sent a request already. tokio may not have heard of them yet, so the
/// socket itself is asked. There are at most as many as the listener's queue holds.
fn take_backlog(listener: TcpListener) -> VecDeque<Accepted> {
    let mut waiting = VecDeque::new();
    let Ok(listener) = listener.into_std() else {
        return waiting;
    };
    loop {
        match listener.accept() {
            Ok((stream, address)) => {
                let stream =
                    stream.set_nonblocking(true).and_then(|()| TcpStream::from_std(stream));
                if let Ok(stream) = stream {
                    waiting.push_back((stream, address));
                }
            }
            Err(error) if is_of_peer(&error) => {}
            Err(_) => return waiting,
        }
    }
}

fn is_of_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::Interrupted
    )
}

/// The open connections, which end with this at the latest.
struct Connections<S> {
    tasks: JoinSet<()>,
    service: S,
    shared: Arc<Shared>,
    accepted: u64,
}

impl<S, B> Connections<S>
where
    S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible>,
    S: Clone + Send + 'static,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    fn new(service: S, shared: Arc<Shared>) -> Self {
        Self { tasks: JoinSet::new(), service, shared, accepted: 0 }
    }

    fn are_full(&self) -> bool {
        self.tasks.len() >= self.shared.limits.connections
    }

    fn begin(&mut self, (stream, address): Accepted) {
        self.accepted += 1;
        // A clone for each connection: what it counts by reference is then this connection's own,
        // and no two cores write to one counter.
        let service = self.service.clone();
        let shared = Arc::clone(&self.shared);
        self.tasks.spawn(connection::serve(stream, address, shared, service));
    }

    fn poll_reap(&mut self, task: &mut Context<'_>) {
        while let Poll::Ready(Some(ended)) = self.tasks.poll_join_next(task) {
            self.ended(ended);
        }
    }

    fn ended(&self, ended: Result<(), JoinError>) {
        if ended.is_err_and(|error| error.is_panic()) {
            self.shared.drain.count_panic();
        }
    }

    async fn drain(mut self, mut waiting: VecDeque<Accepted>, within: Duration) -> Served {
        let drained = timeout(within, async {
            loop {
                while !self.are_full()
                    && let Some(accepted) = waiting.pop_front()
                {
                    self.begin(accepted);
                }
                match self.tasks.join_next().await {
                    Some(ended) => self.ended(ended),
                    None => break,
                }
            }
        })
        .await;

        let mut aborted = 0;
        if drained.is_err() {
            aborted = self.tasks.len() + waiting.len();
            drop(waiting);
            self.tasks.abort_all();
            let _ = timeout(ABORT_TIME, async {
                while let Some(ended) = self.tasks.join_next().await {
                    self.ended(ended);
                }
            })
            .await;
        }
        Served {
            connections: self.accepted,
            aborted: u64::try_from(aborted).unwrap_or(u64::MAX),
            panicked: self.shared.drain.panicked(),
        }
    }
}

/// Waits longer and longer while there are no file descriptors or no memory for a connection.
#[derive(Default)]
struct Backoff {
    wait: Duration,
    until: Option<Pin<Box<Sleep>>>,
}

impl Backoff {
    fn begin(&mut self) {
        let (first, longest) = BACKOFF;
        self.wait = (self.wait * 2).clamp(first, longest);
        self.until = Some(Box::pin(sleep(self.wait)));
    }

    const fn reset(&mut self) {
        self.wait = Duration::ZERO;
    }

    fn poll(&mut self, task: &mut Context<'_>) -> Poll<()> {
        if let Some(until) = &mut self.until {
            std::task::ready!(until.as_mut().poll(task));
            self.until = None;
        }
        Poll::Ready(())
    }
}
