//! A quota that processes share through a Redis server.

mod builder;
mod error;
mod key;
mod limiter;
mod link;
mod script;
mod stats;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Instant,
};

use oxkit_core::Refusal;
use tokio::time::timeout_at;

use crate::{
    KeyedLimiter, Quota,
    time::{now, too_soon},
};
pub use builder::RedisQuotaBuilder;
pub use error::{InvalidRedisUrl, RedisUnavailable};
pub use limiter::{RedisLimiter, RedisLimiterEndpoint};
use link::Link;
use script::Taking;
pub use stats::{RedisState, RedisStats};

/// A quota that all processes share which use the same Redis server and the same prefix: so much
/// for each key, whoever is asked.
///
/// [`RedisLimiter`] puts it around an endpoint. Clones share the connection.
///
/// # What it promises
///
/// * **One limit.** In any span of time at most `burst + span / interval` calls of a key are let
///   through by the server, whatever the schedule and however many processes. The policy is the
///   GCRA of [`RateLimiter`](crate::RateLimiter), one script of the server's, and its clock is the
///   server's. (Precise to a microsecond, which is how precisely the server tells the time.)
/// * **No call waits longer than the [budget](RedisQuotaBuilder::budget)**, whatever the server or
///   the network do.
/// * **Calls go on without the server.** When there is no answer in time the call is decided by a
///   limiter of this process, with [its share](RedisQuotaBuilder::instances) of the quota. It is
///   charged with what the server lets through as well, so that an outage hands out no second
///   burst.
///
/// | the server | a call is decided by | and waits |
/// |---|---|---|
/// | answers | the server | for one round trip |
/// | is slow | the local limiter | for the budget; from the third in a row on not at all |
/// | refuses connections, breaks them, answers with an error | the local limiter | not at all, once it was noticed |
/// | is not connected yet | the local limiter | not at all; [`connect`](Self::connect) connects beforehand |
/// | has more than 1024 calls of this process waiting for it | the local limiter | not at all |
///
/// Once it is lost a task of this quota's own tries to connect again and again, with a
/// [pause](RedisQuotaBuilder::pause) in between, and calls do not wait for that. The server decides
/// again as soon as it answers within the budget.
///
/// A call that gave up waiting may have taken a token all the same: then it is charged twice, and
/// less is let through, never more.
///
/// # What it keeps in the server
///
/// One short text a key, under the prefix, which expires when all tokens of the key are back. A key
/// is cut after 256 bytes; two that begin so are one. The server needs to allow `EVALSHA`,
/// `EVAL`, `GET`, `SET`, `TIME` and `PING`, in version 5 or later. What is lost with a server that
/// loses its memory are the limits of that moment: all keys begin with their whole burst.
///
/// A cluster is not supported; put the keys on one server.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::num::NonZeroU32;
/// use oxkit_core::{Context, Endpoint, Layer, Refusal, endpoint_fn};
/// use oxkit_ratelimit::{Quota, RedisLimiter, RedisQuota};
///
/// let thousand = NonZeroU32::new(1000).expect("it is not zero");
/// let four = NonZeroU32::new(4).expect("it is not zero");
/// let quota = RedisQuota::builder("redis://127.0.0.1:6379", Quota::per_minute(thousand))?
///     .prefix("todosvc:quota:")
///     .instances(four)
///     .build();
///
/// let endpoint = RedisLimiter::new(quota, |_: &Context, tenant: &String| tenant.clone())
///     .layer(endpoint_fn(async |_cx, tenant: String| Ok::<_, Refusal>(tenant)));
/// endpoint.call(Context::new(), "acme".to_owned()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisQuota {
    shared: Arc<Shared>,
}

struct Shared {
    quota: Quota,
    prefix: Box<str>,
    local: KeyedLimiter,
    taking: Taking,
    link: Arc<Link>,
    waiting: AtomicUsize,
}

/// How many calls may wait for the server at once.
const MOST_WAITING: usize = 1024;

impl RedisQuota {
    /// A builder of a quota that is kept by the server at `url`.
    ///
    /// | address | is |
    /// |---|---|
    /// | `redis://[[user]:password@]host[:port][/db]` | a server by TCP |
    /// | `redis+unix:///path[?db=n&user=u&pass=p]` | one by a Unix socket |
    ///
    /// `rediss://`, which is TLS, works in a program that switches on a TLS feature of the `redis`
    /// crate.
    ///
    /// # Errors
    ///
    /// The text is no such address. Whether there is a server is found out later.
    pub fn builder(url: &str, quota: Quota) -> Result<RedisQuotaBuilder, InvalidRedisUrl> {
        RedisQuotaBuilder::new(url, quota)
    }

    /// Connects now, and not with the first call, whose answer would be the local limiter's.
    ///
    /// # Errors
    ///
    /// There is no connection within five seconds, or it is too slow for the budget. It goes on
    /// trying all the same.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the attempt and nothing else.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or in one whose timer or I/O is not enabled.
    pub async fn connect(&self) -> Result<(), RedisUnavailable> {
        self.shared.link.connect().await
    }

    /// Takes a token of `key`, asking the server for the budget at most, and until `deadline`.
    ///
    /// # Errors
    ///
    /// There is none: the refusal is for [`RateLimited`](oxkit_core::Reason::RateLimited) and says
    /// when there will be one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the token taken.
    ///
    /// # Panics
    ///
    /// Outside of a tokio runtime, or in one whose timer or I/O is not enabled.
    pub async fn take(
        &self,
        key: impl fmt::Display,
        deadline: Option<Instant>,
    ) -> Result<(), Refusal> {
        self.take_named(key::key(&self.shared.prefix, key), deadline).await
    }

    async fn take_named(&self, key: Vec<u8>, deadline: Option<Instant>) -> Result<(), Refusal> {
        let shared = &*self.shared;
        match shared.ask(&key, deadline).await {
            Some(wait) => {
                shared.link.counts.shared();
                if wait > 0 {
                    return Err(too_soon(wait));
                }
                // Whether there is one in this process does not matter now.
                let _ = shared.local.check(&key);
                Ok(())
            }
            None => {
                shared.link.counts.local();
                shared.local.check(&key)
            }
        }
    }

    /// Whether it asks its server.
    #[must_use]
    pub fn state(&self) -> RedisState {
        self.shared.link.state()
    }

    /// What it has done so far.
    #[must_use]
    pub fn stats(&self) -> RedisStats {
        self.shared.link.counts.read()
    }

    /// The quota of each key, over all processes.
    pub fn quota(&self) -> Quota {
        self.shared.quota
    }

    /// The quota of each key in this process while the server is away.
    pub fn local_quota(&self) -> Quota {
        self.shared.local.quota()
    }
}

impl Shared {
    /// What the server says: zero, or in how many nanoseconds to come back. `None` if it says
    /// nothing in time.
    async fn ask(&self, key: &[u8], deadline: Option<Instant>) -> Option<u64> {
        let _waiting = Waiting::begin(&self.waiting)?;
        let mut wire = self.link.wire()?;
        let until = now() + self.link.budget;
        let hurried = deadline.filter(|&deadline| deadline < until);
        let taking = self.taking.take(&mut wire.connection, key);
        match timeout_at(hurried.unwrap_or(until).into(), taking).await {
            Ok(Ok(wait)) => {
                self.link.answered();
                return Some(wait);
            }
            Ok(Err(_)) => self.link.failed(&wire),
            // It was the caller who had no time.
            Err(_) if hurried.is_some() => {}
            Err(_) => self.link.slow(&wire),
        }
        None
    }
}

/// A call that waits for the server.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(waiting: &'a AtomicUsize) -> Option<Self> {
        // Counted first, so that the count is right for those who come meanwhile.
        let place = Self(waiting);
        (waiting.fetch_add(1, Relaxed) < MOST_WAITING).then_some(place)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

impl fmt::Debug for RedisQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisQuota")
            .field("quota", &self.shared.quota)
            .field("prefix", &self.shared.prefix)
            .field("state", &self.state())
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
