//! The connection: whether there is one, and how it comes back.

use std::{
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use redis::{AsyncConnectionConfig, Client, RedisError, aio::MultiplexedConnection, cmd};
use tokio::{
    task::AbortHandle,
    time::{sleep, timeout},
};

use super::{
    error::RedisUnavailable,
    stats::{Counts, RedisState},
};

/// How many calls in a row may find the server slow before it is left alone. One alone may have met
/// a packet that was lost.
const SLOW_IN_A_ROW: u32 = 3;

/// How long connecting may take, which no call waits for.
const CONNECTING: Duration = Duration::from_secs(5);

pub(super) type OnChange = dyn Fn(RedisState) + Send + Sync;

/// The one connection that all calls share, or the task that makes it.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) budget: Duration,
    pub(super) pause: Duration,
    pub(super) on_change: Option<Arc<OnChange>>,
    pub(super) counts: Counts,
    inner: Mutex<Inner>,
    slow_in_a_row: AtomicU32,
}

struct Inner {
    phase: Phase,
    /// Goes up with each connection and each loss of one: what a call found out about an earlier
    /// one says nothing about this one.
    epoch: u64,
}

enum Phase {
    /// Nobody has asked yet.
    Idle,
    Connecting(Task),
    Up(MultiplexedConnection),
    Down(#[expect(dead_code, reason = "it ends the task when it is dropped")] Task),
}

/// The task that connects. It ends with the link.
struct Task(AbortHandle);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a call is to talk over.
pub(super) struct Wire {
    pub(super) connection: MultiplexedConnection,
    epoch: u64,
}

impl Link {
    pub(super) fn new(
        client: Client,
        budget: Duration,
        pause: Duration,
        on_change: Option<Arc<OnChange>>,
    ) -> Self {
        Self {
            client,
            budget,
            pause,
            on_change,
            counts: Counts::default(),
            inner: Mutex::new(Inner { phase: Phase::Idle, epoch: 0 }),
            slow_in_a_row: AtomicU32::new(0),
        }
    }

    pub(super) fn state(&self) -> RedisState {
        self.lock().phase.state()
    }

    /// The connection, if there is one. The first call that finds none has one made.
    pub(super) fn wire(self: &Arc<Self>) -> Option<Wire> {
        let inner = self.lock();
        match &inner.phase {
            Phase::Up(connection) => {
                Some(Wire { connection: connection.clone(), epoch: inner.epoch })
            }
            Phase::Connecting(_) | Phase::Down(_) => None,
            Phase::Idle => {
                let task = self.reconnecting(Duration::ZERO, inner.epoch + 1);
                self.enter(inner, Phase::Connecting(task));
                None
            }
        }
    }

    /// Connects now.
    pub(super) async fn connect(self: &Arc<Self>) -> Result<(), RedisUnavailable> {
        if self.state() == RedisState::Up {
            return Ok(());
        }
        let connected = connected(&self.client, self.budget).await;
        let inner = self.lock();
        match connected {
            _ if inner.phase.state() == RedisState::Up => Ok(()),
            Ok(connection) => {
                self.counts.connected();
                self.enter(inner, Phase::Up(connection));
                Ok(())
            }
            Err(error) => {
                let task = self.reconnecting(self.paused(), inner.epoch + 1);
                self.enter(inner, Phase::Down(task));
                Err(error)
            }
        }
    }

    /// The server answered in time.
    pub(super) fn answered(&self) {
        // Nearly always zero already: then all threads may keep a copy of it.
        if self.slow_in_a_row.load(Relaxed) != 0 {
            self.slow_in_a_row.store(0, Relaxed);
        }
    }

    /// The server did not answer in time.
    pub(super) fn slow(self: &Arc<Self>, wire: &Wire) {
        self.counts.slow();
        if self.slow_in_a_row.fetch_add(1, Relaxed) + 1 >= SLOW_IN_A_ROW {
            self.lose(wire);
        }
    }

    /// The connection broke, or the server answers with an error.
    pub(super) fn failed(self: &Arc<Self>, wire: &Wire) {
        self.counts.failed();
        self.lose(wire);
    }

    /// Leaves the server alone for a while. A new connection comes through where an old one waits
    /// for a packet that will never be acknowledged.
    fn lose(self: &Arc<Self>, wire: &Wire) {
        let inner = self.lock();
        if inner.epoch == wire.epoch {
            let task = self.reconnecting(self.paused(), inner.epoch + 1);
            self.enter(inner, Phase::Down(task));
        }
    }

    /// Tries again and again, with a pause before each time.
    fn reconnecting(self: &Arc<Self>, first: Duration, epoch: u64) -> Task {
        let given_up = GivenUp { link: Arc::downgrade(self), epoch };
        let (client, budget) = (self.client.clone(), self.budget);
        // It must not keep the link alive: the link's end is its own.
        let link = Weak::clone(&given_up.link);
        let task = tokio::spawn(async move {
            let _given_up = given_up;
            let mut pause = first;
            loop {
                sleep(pause).await;
                let connected = connected(&client, budget).await;
                let Some(link) = link.upgrade() else { return };
                match connected {
                    Ok(connection) => return link.restored(epoch, connection),
                    Err(_) => link.still_down(epoch),
                }
                pause = link.paused();
            }
        });
        Task(task.abort_handle())
    }

    fn restored(&self, epoch: u64, connection: MultiplexedConnection) {
        let inner = self.lock();
        if inner.epoch == epoch {
            self.counts.connected();
            self.slow_in_a_row.store(0, Relaxed);
            self.enter(inner, Phase::Up(connection));
        }
    }

    /// The first attempt failed: from here on it is down and not about to be up.
    fn still_down(&self, epoch: u64) {
        let mut inner = self.lock();
        if inner.epoch != epoch {
            return;
        }
        // The same task goes on, so the epoch stays.
        match std::mem::replace(&mut inner.phase, Phase::Idle) {
            Phase::Connecting(task) => {
                inner.phase = Phase::Down(task);
                drop(inner);
                self.tell(RedisState::Down);
            }
            phase => inner.phase = phase,
        }
    }

    fn enter(&self, mut inner: MutexGuard<'_, Inner>, phase: Phase) {
        let (from, to) = (inner.phase.state(), phase.state());
        let before = std::mem::replace(&mut inner.phase, phase);
        inner.epoch += 1;
        drop(inner);
        // Outside of the lock: it ends a task, whose own end takes the lock.
        drop(before);
        if from != to {
            self.tell(to);
        }
    }

    fn tell(&self, state: RedisState) {
        if let Some(on_change) = &self.on_change {
            on_change(state);
        }
    }

    /// The pause, and up to half of it more: the processes that lost a server at once should not
    /// come back to it at once.
    fn paused(&self) -> Duration {
        // A hasher that was just made is as random as this needs.
        let random = RandomState::new().hash_one(0) as u32;
        self.pause + self.pause.mul_f64(f64::from(random) / f64::from(u32::MAX) / 2.0)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing of the user's runs under the lock, so nothing panics there.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection over which the server answers in time.
async fn connected(
    client: &Client,
    budget: Duration,
) -> Result<MultiplexedConnection, RedisUnavailable> {
    // The budget is kept by whoever waits.
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECTING))
        .set_response_timeout(None);
    let attempt = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let ping = timeout(budget, cmd("PING").query_async::<()>(&mut connection)).await;
        ping.map_or_else(|_| Err(too_slow()), |answer| answer.map(|()| connection))
    };
    match timeout(CONNECTING, attempt).await {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(RedisUnavailable::new(error)),
        Err(_) => Err(RedisUnavailable::new(too_slow())),
    }
}

fn too_slow() -> RedisError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

impl Phase {
    const fn state(&self) -> RedisState {
        match self {
            Self::Idle => RedisState::Idle,
            Self::Connecting(_) => RedisState::Connecting,
            Self::Up(_) => RedisState::Up,
            Self::Down(_) => RedisState::Down,
        }
    }
}

/// Notices that the task that connects is gone before it was done: its runtime has ended. The next
/// call, in another one, begins anew.
struct GivenUp {
    link: Weak<Link>,
    epoch: u64,
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        if let Some(link) = self.link.upgrade() {
            let inner = link.lock();
            if inner.epoch == self.epoch && inner.phase.state() != RedisState::Up {
                link.enter(inner, Phase::Idle);
            }
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("state", &self.state()).finish_non_exhaustive()
    }
}
