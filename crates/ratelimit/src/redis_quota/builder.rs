//! What a shared quota is made of.

use std::{
    fmt,
    num::{NonZeroU32, NonZeroUsize},
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use redis::Client;

use super::{
    InvalidRedisUrl, RedisQuota, RedisState, Shared,
    link::{Link, OnChange},
    script::Taking,
};
use crate::{KeyedLimiter, Quota, gcra::Gcra};

/// Builds a [`RedisQuota`], made by [`RedisQuota::builder`].
///
/// | setting | default |
/// |---|---|
/// | [`prefix`](Self::prefix) | `oxkit:quota:` |
/// | [`budget`](Self::budget) | [20 ms](Self::DEFAULT_BUDGET) |
/// | [`pause`](Self::pause) | [1 s](Self::DEFAULT_PAUSE) |
/// | [`instances`](Self::instances) | 1: each process takes the whole quota while the server is away |
/// | [`max_local_keys`](Self::max_local_keys) | [65,536](KeyedLimiter::DEFAULT_MAX_KEYS) |
/// | [`on_change`](Self::on_change) | nobody is told |
///
/// ```
/// use std::{num::NonZeroU32, time::Duration};
/// use oxkit_ratelimit::{Quota, RedisQuota, RedisState};
///
/// const HUNDRED: NonZeroU32 = NonZeroU32::new(100).unwrap();
/// const FOUR: NonZeroU32 = NonZeroU32::new(4).unwrap();
///
/// let quota = RedisQuota::builder("redis://127.0.0.1", Quota::per_second(HUNDRED))?
///     .prefix("todosvc:quota:")
///     .budget(Duration::from_millis(5))
///     .instances(FOUR)
///     .build();
/// assert_eq!(quota.state(), RedisState::Idle);
/// assert_eq!(quota.local_quota().interval(), Duration::from_millis(40));
///
/// assert!(RedisQuota::builder("localhost", Quota::per_second(HUNDRED)).is_err());
/// # Ok::<(), oxkit_ratelimit::InvalidRedisUrl>(())
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing until it builds"]
pub struct RedisQuotaBuilder {
    client: Client,
    quota: Quota,
    prefix: Box<str>,
    budget: Duration,
    pause: Duration,
    instances: NonZeroU32,
    max_local_keys: NonZeroUsize,
    on_change: Option<Arc<OnChange>>,
}

impl RedisQuotaBuilder {
    /// How long a call waits for the server at most, unless something else was said.
    pub const DEFAULT_BUDGET: Duration = Duration::from_millis(20);

    /// How long a server that was lost is left alone, unless something else was said.
    pub const DEFAULT_PAUSE: Duration = Duration::from_secs(1);

    /// The shortest budget, and the shortest pause.
    pub const SHORTEST: Duration = Duration::from_millis(1);

    /// The longest budget, and the longest pause.
    pub const LONGEST: Duration = Duration::from_secs(60 * 60);

    pub(super) fn new(url: &str, quota: Quota) -> Result<Self, InvalidRedisUrl> {
        Ok(Self {
            client: Client::open(url).map_err(InvalidRedisUrl::new)?,
            quota,
            prefix: "oxkit:quota:".into(),
            budget: Self::DEFAULT_BUDGET,
            pause: Self::DEFAULT_PAUSE,
            instances: NonZeroU32::MIN,
            max_local_keys: KeyedLimiter::DEFAULT_MAX_KEYS,
            on_change: None,
        })
    }

    /// What the names of all keys begin with in the server.
    ///
    /// Those who share a quota share its prefix; give each limit, and each service on one server,
    /// its own. After a change of the quota the keys that are there go on under the new one.
    pub fn prefix(mut self, prefix: impl Into<Box<str>>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// How long a call waits for the server at most.
    ///
    /// Well above the usual round trip, so that a hiccup is none, and well below what the caller
    /// would notice. Brought to between [`SHORTEST`](Self::SHORTEST) and
    /// [`LONGEST`](Self::LONGEST).
    pub fn budget(mut self, budget: Duration) -> Self {
        self.budget = budget.clamp(Self::SHORTEST, Self::LONGEST);
        self
    }

    /// How long a server that was lost is left alone before it is tried again; up to half as long
    /// again is added by chance. Brought to between [`SHORTEST`](Self::SHORTEST) and
    /// [`LONGEST`](Self::LONGEST).
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause.clamp(Self::SHORTEST, Self::LONGEST);
        self
    }

    /// How many processes share the quota: while the server is away each takes this part of it, see
    /// [`Quota::divided_by`].
    pub fn instances(mut self, instances: NonZeroU32) -> Self {
        self.instances = instances;
        self
    }

    /// How many keys the local limiter remembers.
    pub fn max_local_keys(mut self, keys: NonZeroUsize) -> Self {
        self.max_local_keys = keys;
        self
    }

    /// Calls `on_change` at each change of state, for a log line or a metric.
    ///
    /// It runs on the task that noticed, and must neither block nor panic. Two tasks may tell of two
    /// changes at once: [`RedisQuota::state`] says what holds. Said twice, the last holds.
    pub fn on_change(mut self, on_change: impl Fn(RedisState) + Send + Sync + 'static) -> Self {
        self.on_change = Some(Arc::new(on_change));
        self
    }

    /// The quota. Connects with the first call, or by [`connect`](RedisQuota::connect).
    #[must_use]
    pub fn build(self) -> RedisQuota {
        let share = self.quota.divided_by(self.instances);
        RedisQuota {
            shared: Arc::new(Shared {
                quota: self.quota,
                prefix: self.prefix,
                local: KeyedLimiter::bounded(share, self.max_local_keys),
                taking: Taking::new(Gcra::new(self.quota)),
                link: Arc::new(Link::new(self.client, self.budget, self.pause, self.on_change)),
                waiting: AtomicUsize::new(0),
            }),
        }
    }
}

impl fmt::Debug for RedisQuotaBuilder {
    // Not the client: its address may have a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQuotaBuilder")
            .field("quota", &self.quota)
            .field("prefix", &self.prefix)
            .field("budget", &self.budget)
            .field("pause", &self.pause)
            .field("instances", &self.instances)
            .finish_non_exhaustive()
    }
}
