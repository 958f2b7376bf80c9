//! A limit for each key.

mod per_key;
mod shard;

use std::{
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use oxkit_core::Refusal;

use crate::{
    Quota,
    clock::Timeline,
    gcra::{Gcra, NotBefore},
    time::{now, too_soon},
};
pub use per_key::PerKey;
use shard::Shard;

/// The same quota for each key: a tenant, a user, an address.
///
/// [`PerKey`] puts it around an endpoint. Clones share the limits.
///
/// # Which memory it takes
///
/// A key is remembered while tokens of it are missing, and forgotten some time after they are all
/// back; that changes no answer. Each new key looks at two that were not looked at for longest, so
/// there is no task and no pause for cleaning up.
///
/// At most [`max_keys`](Self::bounded) are remembered, about 50 bytes each, whatever a peer sends:
/// a key is not kept but a hash of it, 64 bits by a function whose secret is random. Two keys that
/// meet in one hash share a limit; among a million keys in use at once the odds that any two do are
/// one to thirty million.
///
/// | a call's key | is held to |
/// |---|---|
/// | is known | its own limit |
/// | is new, and there is room | a limit of its own, with the whole burst |
/// | is new, and as many as may be are in use | one limit that all such keys share, with the same quota |
///
/// So an attacker with many keys cannot use up memory, nor the limits of those who were there, and
/// all its further keys together get as much as one. Newcomers suffer with it meanwhile. The keys
/// are spread over up to 64 parts, each behind a lock of its own and with its share of the room, so
/// the bound is met a little early.
///
/// # Which clock
///
/// Tokio's, unless [`with_clock`](Self::with_clock) or, with the feature `quanta`,
/// `with_processor_clock` gives it another: see [`RateLimiter`](crate::RateLimiter#which-clock).
///
/// | setting | default |
/// |---|---|
/// | keys remembered | [65,536](Self::DEFAULT_MAX_KEYS) |
///
/// ```
/// use std::{num::NonZeroU32, time::{Duration, Instant}};
/// use oxkit_core::Failure;
/// use oxkit_ratelimit::{KeyedLimiter, Quota};
///
/// let limiter = KeyedLimiter::new(Quota::per_second(NonZeroU32::MIN));
/// let now = Instant::now();
/// assert!(limiter.check_at("ann", now).is_ok());
/// assert!(limiter.check_at("bob", now).is_ok());
/// let refused = limiter.check_at("ann", now).unwrap_err();
/// let advice = refused.retry_after().unwrap();
/// assert!(limiter.check_at("ann", now + advice).is_ok());
/// ```
#[derive(Clone)]
pub struct KeyedLimiter {
    shared: Arc<Shared>,
}

struct Shared {
    quota: Quota,
    max_keys: NonZeroUsize,
    gcra: Gcra,
    time: Timeline,
    hasher: RandomState,
    /// A power of two of them.
    shards: Box<[Lane]>,
}

/// On cache lines of its own, so that two locks do not slow each other.
#[repr(align(128))]
struct Lane(Mutex<Shard>);

impl KeyedLimiter {
    /// How many keys are remembered unless something else was said.
    pub const DEFAULT_MAX_KEYS: NonZeroUsize = NonZeroUsize::new(1 << 16).expect("it is not zero");

    /// So much for each key. Reads tokio's clock, which works outside of a runtime too.
    #[must_use]
    pub fn new(quota: Quota) -> Self {
        Self::bounded(quota, Self::DEFAULT_MAX_KEYS)
    }

    /// So much for each key, of which at most `max_keys` are remembered.
    #[must_use]
    pub fn bounded(quota: Quota, max_keys: NonZeroUsize) -> Self {
        Self::starting_at(quota, max_keys, now())
    }

    /// The same for callers that bring their own time. Instants before `start` count as `start`.
    #[must_use]
    pub fn starting_at(quota: Quota, max_keys: NonZeroUsize, start: Instant) -> Self {
        Self::on(Timeline::starting_at(start), quota, max_keys)
    }

    fn on(time: Timeline, quota: Quota, max_keys: NonZeroUsize) -> Self {
        const MOST: usize = 64;
        // A part with room for a few keys only would be full while others are empty.
        const ROOM: usize = 256;
        let parts = (max_keys.get() / ROOM).clamp(1, MOST);
        let parts = if parts.is_power_of_two() { parts } else { parts.next_power_of_two() / 2 };
        let room = max_keys.get() / parts;
        Self {
            shared: Arc::new(Shared {
                quota,
                max_keys,
                gcra: Gcra::new(quota),
                time,
                hasher: RandomState::new(),
                shards: (0..parts).map(|_| Lane(Mutex::new(Shard::new(room)))).collect(),
            }),
        }
    }

    /// Starts anew by another clock: no key is known, and nothing is shared with the clones that were
    /// made before.
    ///
    /// Instants given to [`check_at`](Self::check_at) and
    /// [`check_arrived`](Self::check_arrived) must be of that clock too.
    ///
    /// ```
    /// use std::{num::NonZeroU32, time::Instant};
    /// use oxkit_ratelimit::{KeyedLimiter, Quota};
    ///
    /// let quota = Quota::per_hour(NonZeroU32::MIN);
    /// let limiter = KeyedLimiter::new(quota).with_clock(Instant::now);
    /// assert!(limiter.check("ann").is_ok());
    /// assert!(limiter.check("ann").is_err());
    /// ```
    #[must_use]
    pub fn with_clock(self, clock: fn() -> Instant) -> Self {
        self.anew(Timeline::given(clock))
    }

    /// Starts anew by the processor's counter: no key is known, and nothing is shared with the clones
    /// that were made before. With the feature `quanta`.
    ///
    /// See [`RateLimiter`](crate::RateLimiter::with_processor_clock) for when to use it and what it
    /// means.
    ///
    /// ```
    /// use std::num::NonZeroU32;
    /// use oxkit_ratelimit::{KeyedLimiter, Quota};
    ///
    /// let quota = Quota::per_hour(NonZeroU32::MIN);
    /// let limiter = KeyedLimiter::new(quota).with_processor_clock();
    /// assert!(limiter.check("ann").is_ok());
    /// assert!(limiter.check("ann").is_err());
    /// ```
    #[cfg(feature = "quanta")]
    #[must_use]
    pub fn with_processor_clock(self) -> Self {
        self.anew(Timeline::processor())
    }

    fn anew(&self, time: Timeline) -> Self {
        Self::on(time, self.shared.quota, self.shared.max_keys)
    }

    /// Takes a token of `key` that is there now, by the limiter's clock. Never waits.
    ///
    /// # Errors
    ///
    /// There is none: the refusal says exactly when there will be.
    pub fn check<K: Hash + ?Sized>(&self, key: &K) -> Result<(), Refusal> {
        self.take(key, self.shared.time.now())
    }

    /// Takes a token of `key` for a call that came in at `arrival`: the one that was there then, or
    /// else one that is there now, by the limiter's clock. It saves reading the clock.
    ///
    /// # Errors
    ///
    /// There was none then, and there is none now.
    pub fn check_arrived<K: Hash + ?Sized>(
        &self,
        key: &K,
        arrival: Instant,
    ) -> Result<(), Refusal> {
        let time = &self.shared.time;
        let arrival = time.nanos(arrival);
        self.take(key, arrival).or_else(|_| self.take(key, time.now().max(arrival)))
    }

    /// Takes a token of `key` that is there at `now`. Never waits.
    ///
    /// Give instants that go forward: for one in the past, a key that was forgotten since has its
    /// whole burst again.
    ///
    /// # Errors
    ///
    /// There is none: the refusal is for [`RateLimited`](oxkit_core::Reason::RateLimited), and its
    /// advice is exact.
    pub fn check_at<K: Hash + ?Sized>(&self, key: &K, now: Instant) -> Result<(), Refusal> {
        self.take(key, self.shared.time.nanos(now))
    }

    fn take<K: Hash + ?Sized>(&self, key: &K, now: u64) -> Result<(), Refusal> {
        let shared = &*self.shared;
        let hash = shared.hasher.hash_one(key);
        // The map inside takes the lowest bits and the seven highest.
        let part = (hash >> 48) as usize & (shared.shards.len() - 1);
        let taken = shared.shards[part].lock(|shard| shard.take(hash, shared.gcra, now));
        taken.map_err(|NotBefore(at)| too_soon(at - now))
    }

    /// How many keys are remembered now.
    #[must_use]
    pub fn keys(&self) -> usize {
        self.shared.shards.iter().map(|lane| lane.lock(|shard| shard.len())).sum()
    }

    /// The quota of each key.
    pub fn quota(&self) -> Quota {
        self.shared.quota
    }
}

impl Lane {
    fn lock<T>(&self, work: impl FnOnce(&mut Shard) -> T) -> T {
        // Nothing of the user's runs under the lock, so nothing panics there.
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for KeyedLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedLimiter")
            .field("quota", &self.shared.quota)
            .field("time", &self.shared.time)
            .field("keys", &self.keys())
            .finish_non_exhaustive()
    }
}
