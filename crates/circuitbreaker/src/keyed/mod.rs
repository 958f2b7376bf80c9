//! A breaker for each key.

mod slots;

use std::{
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    sync::{Arc, Mutex, PoisonError},
};

use oxkit_core::{Context, Endpoint, Hook, Hooked, Layer, Outcome, Refusal};

use crate::{Builder, ByKind, Circuit, Classify, Permit, Policy, State, clock::now};
use slots::Slots;

/// A breaker for each key of the calls, such as a tenant, a shard or an instance.
///
/// Made by [`Builder::keyed`]. Each key has a breaker of its own with the builder's policy and
/// settings; its name, as [changes](crate::Change) tell it, is the text of the key.
///
/// At most so many keys are remembered. When one more comes, the breaker of one that was not used
/// lately is forgotten; those that are not closed, forced ones among them, are forgotten last.
/// Calls in flight through a breaker that was forgotten end as ever, and count for nothing. So a
/// caller who makes up keys can neither exhaust the memory nor easily make an open breaker
/// forgotten; let the number be well above that of the keys in use.
///
/// A call looks its breaker up in a map behind a lock, one of several: some fifty nanoseconds
/// more than a [`Breaker`](crate::Breaker).
///
/// Clones and all endpoints made with them share the breakers.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use oxkit_circuitbreaker::{Breaker, ConsecutiveFailures, State};
/// use oxkit_core::{Context, Endpoint, Layer, Reason, Refusal, endpoint_fn};
///
/// let breakers = Breaker::builder(ConsecutiveFailures::new(1))
///     .keyed(1000, |_cx: &Context, shard: &u32| *shard);
/// let endpoint = breakers.layer(endpoint_fn(async |_cx, shard: u32| match shard {
///     7 => Err(Refusal::new(Reason::NoInstance)),
///     _ => Ok(shard),
/// }));
///
/// for reason in [Reason::NoInstance, Reason::CircuitOpen] {
///     assert_eq!(endpoint.call(Context::new(), 7).await.unwrap_err().reason(), reason);
/// }
/// assert_eq!(endpoint.call(Context::new(), 8).await.unwrap(), 8);
/// assert_eq!(breakers.state(&7), Some(State::Open));
/// # }
/// ```
#[must_use = "a layer does nothing until it wraps an endpoint"]
pub struct KeyedBreaker<K, P: Policy, F, C = ByKind> {
    shared: Arc<Shared<K, P, F, C>>,
}

struct Shared<K, P: Policy, F, C> {
    builder: Builder<P, C>,
    key: F,
    hasher: RandomState,
    /// A power of two of them, so that calls with different keys seldom meet.
    shards: Box<[Shard<K, P>]>,
}

type Shard<K, P> = Mutex<Slots<K, Arc<Circuit<P>>>>;

const SHARDS: usize = 16;
/// With fewer keys a shard, one shard could be full long before the others.
const LEAST_PER_SHARD: usize = 16;

impl<P: Policy, C> Builder<P, C> {
    /// A breaker for each key, which `key` takes from the context and the request.
    ///
    /// At most `max_keys` are remembered; 0 is taken as 1. The closure names the type of the
    /// request. The [name](Self::name) of this builder is not used.
    pub fn keyed<K, Request, F>(self, max_keys: usize, key: F) -> KeyedBreaker<K, P, F, C>
    where
        K: Hash + Eq + Clone + fmt::Display,
        F: Fn(&Context, &Request) -> K,
    {
        let max_keys = max_keys.max(1);
        let shards = if max_keys < SHARDS * LEAST_PER_SHARD { 1 } else { SHARDS };
        let shards = (0..shards).map(|_| Mutex::new(Slots::new(max_keys / shards))).collect();
        let hasher = RandomState::new();
        KeyedBreaker { shared: Arc::new(Shared { builder: self, key, hasher, shards }) }
    }
}

impl<K, P, F, C> KeyedBreaker<K, P, F, C>
where
    K: Hash + Eq + Clone + fmt::Display,
    P: Policy,
{
    /// The state of the breaker of `key`; `None` if there is none, or none any more.
    #[must_use]
    pub fn state(&self, key: &K) -> Option<State> {
        self.with_shard(key, |slots| slots.get(key).map(|circuit| circuit.state()))
    }

    /// The breaker of `key`, to look at or to force. It is made if there is none.
    #[must_use]
    pub fn circuit(&self, key: &K) -> Arc<Circuit<P>> {
        self.with_shard(key, |slots| {
            let make = || {
                let builder = &self.shared.builder;
                Arc::new(builder.circuit_named(key.to_string().into(), now()))
            };
            let circuit = slots.get_or_insert(key, make, |kept| kept.state() != State::Closed);
            Arc::clone(circuit)
        })
    }

    fn with_shard<T>(&self, key: &K, look: impl FnOnce(&mut Slots<K, Arc<Circuit<P>>>) -> T) -> T {
        let Shared { hasher, shards, .. } = &*self.shared;
        // The mask of a power of two keeps the index inside.
        let at = hasher.hash_one(key) as usize & (shards.len() - 1);
        // Nothing but the key's own code could panic in there, and it leaves the map a map.
        look(&mut shards[at].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<K, P: Policy, F, C> KeyedBreaker<K, P, F, C>
where
    K: Hash + Eq + Clone,
{
    /// How many keys are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        let of = |shard: &Shard<K, P>| shard.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.shared.shards.iter().map(of).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A call through the breaker of its key.
#[derive(Debug)]
pub struct KeyedPermit<P: Policy> {
    // Its own handle: the breaker may be forgotten while the call is in flight.
    circuit: Arc<Circuit<P>>,
    permit: Permit<P>,
}

impl<E, K, P, F, C> Hook<E> for KeyedBreaker<K, P, F, C>
where
    E: Endpoint,
    K: Hash + Eq + Clone + fmt::Display + Send,
    P: Policy,
    F: Fn(&Context, &E::Request) -> K + Send + Sync,
    C: Classify<E>,
{
    type State = KeyedPermit<P>;

    fn before(
        &self,
        cx: &mut Context,
        request: &mut E::Request,
    ) -> Result<KeyedPermit<P>, E::Error> {
        let circuit = self.circuit(&(self.shared.key)(cx, request));
        match circuit.begin(now) {
            Ok(permit) => Ok(KeyedPermit { circuit, permit }),
            Err(refused) => Err(Refusal::from(refused).into()),
        }
    }

    fn after(&self, call: KeyedPermit<P>, outcome: Outcome<'_, E::Response, E::Error>) {
        let verdict = self.shared.builder.classification().classify(outcome);
        call.circuit.end(call.permit, verdict, now);
    }
}

impl<E, K, P: Policy, F, C> Layer<E> for KeyedBreaker<K, P, F, C> {
    type Service = Hooked<Self, E>;

    fn layer(&self, inner: E) -> Self::Service {
        Hooked::new(self.clone(), inner)
    }
}

impl<K, P: Policy, F, C> Clone for KeyedBreaker<K, P, F, C> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<K, P: Policy, F, C> fmt::Debug for KeyedBreaker<K, P, F, C>
where
    K: Hash + Eq + Clone,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedBreaker").field("keys", &self.len()).finish_non_exhaustive()
    }
}
