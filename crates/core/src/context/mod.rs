//! What travels with a call besides its request.

mod clock;
mod node;
mod word;

use std::{
    any::Any,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::Operation;
use node::{Entry, Node};
use word::Word;

/// What travels with a call besides its request: the deadline, the operation, and typed values.
///
/// A context is passed by value down the chain. It is two words long, cloning it bumps one
/// reference count, and an empty one allocates nothing. It never changes under anybody's feet:
/// [`with`](Self::with) *derives* a context, so two attempts of one call can hold two contexts that
/// share all they have in common.
///
/// There is no cancellation token: dropping the future of a call cancels it.
///
/// ```
/// use std::time::{Duration, Instant};
/// use oxkit_core::{Context, Operation};
///
/// struct Tenant(&'static str);
///
/// let now = Instant::now();
/// let cx = Context::received(now, Operation::new("todosvc", "Add"))
///     .with_deadline(now + Duration::from_secs(2))
///     .with(Tenant("acme"));
///
/// assert_eq!(cx.operation().map(Operation::method), Some("Add"));
/// assert_eq!(cx.remaining(now), Some(Duration::from_secs(2)));
/// assert_eq!(cx.get::<Tenant>().map(|t| t.0), Some("acme"));
/// ```
//
// At most 16 bytes: two registers. At 24, every `async` layer it is moved through costs ten
// nanoseconds more.
#[derive(Clone, Default)]
pub struct Context {
    word: Word,
    head: Option<Arc<Node>>,
}

impl Context {
    /// An empty context: no deadline, no operation, no values. Allocates nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { word: Word::new(), head: None }
    }

    /// The context of a request that came in at `arrival` for `operation`.
    ///
    /// For transports. Allocates once.
    #[inline]
    #[must_use]
    pub fn received(arrival: Instant, operation: impl Into<Option<Operation>>) -> Self {
        Self::new().push(Entry::Began { at: arrival, operation: operation.into() })
    }

    /// Derives a context that also holds `value`, found again by its type.
    ///
    /// It hides a value of the same type that was put in before. Allocates twice.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.word = self.word.with_values();
        self.push(Entry::Value(Box::new(value)))
    }

    /// Puts `value` into this context: [`with`](Self::with) in place, for a
    /// [`Hook`](crate::Hook). Clones made before do not see it.
    pub fn insert<T: Any + Send + Sync>(&mut self, value: T) {
        *self = std::mem::take(self).with(value);
    }

    /// The value of type `T` that was put in last.
    #[inline]
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        if !self.word.has_values() {
            return None;
        }
        self.find(|entry| match entry {
            Entry::Value(value) => value.downcast_ref(),
            _ => None,
        })
    }

    /// Derives a context that ends at `deadline`, or at its present deadline if that is earlier.
    ///
    /// A deadline can be brought forward and never put off: a callee cannot take more time than
    /// its caller has.
    #[inline]
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.word = self.word.no_later_than(clock::encode(deadline));
        self
    }

    /// Derives a context without deadline, for work that outlives the call that started it.
    #[must_use]
    pub const fn without_deadline(mut self) -> Self {
        self.word = self.word.without_deadline();
        self
    }

    /// When the call must be done, if there is a limit.
    ///
    /// Kept to the nanosecond. One that had passed a day before the process made its first reads
    /// back as that day, which has passed all the same.
    #[inline]
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.word.deadline().map(clock::decode)
    }

    /// Whether there is a limit. Cheaper than asking when it is.
    #[must_use]
    pub const fn has_deadline(&self) -> bool {
        self.word.has_deadline()
    }

    /// How much time is left at `now`: zero if the deadline has passed, `None` if there is none.
    #[inline]
    #[must_use]
    pub fn remaining(&self, now: Instant) -> Option<Duration> {
        // Compared as words: arithmetic with instants is several times as dear.
        let nanos = self.word.deadline()?.get().saturating_sub(clock::encode(now).get());
        Some(Duration::from_nanos(nanos))
    }

    /// Whether the deadline has passed at `now`.
    #[inline]
    #[must_use]
    pub fn is_expired(&self, now: Instant) -> bool {
        self.word.deadline().is_some_and(|deadline| deadline <= clock::encode(now))
    }

    /// Derives a context for `operation`, which hides the present one. The arrival stays.
    ///
    /// For one that is found out late. A call to another service has a beginning of its own: see
    /// [`outgoing`](Self::outgoing). Allocates once.
    #[must_use]
    pub fn with_operation(self, operation: Operation) -> Self {
        self.push(Entry::Operation(operation))
    }

    /// Derives the context of a call that begins at `now` and is for `operation`: both hide the
    /// present ones.
    ///
    /// For a call to another service while a request is being served. What labels and measures that
    /// call then sees the callee's name, whether *it* may be repeated, and the time *it* took. The
    /// deadline and the values stay. Allocates once.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// use oxkit_core::{Context, Operation, RequestId};
    ///
    /// let now = Instant::now();
    /// let serving = Context::received(now, Operation::new("gateway", "Show"))
    ///     .with_deadline(now + Duration::from_secs(2))
    ///     .with(RequestId::from("7f3a"));
    ///
    /// let later = now + Duration::from_millis(200);
    /// let calling = serving.clone().outgoing(later, Operation::new("todosvc", "List"));
    /// assert_eq!(calling.operation().map(Operation::service), Some("todosvc"));
    /// assert_eq!(calling.arrival(), Some(later));
    /// assert_eq!(calling.deadline(), serving.deadline());
    /// assert!(calling.get::<RequestId>().is_some());
    /// ```
    #[must_use]
    pub fn outgoing(self, now: Instant, operation: Operation) -> Self {
        self.push(Entry::Began { at: now, operation: Some(operation) })
    }

    /// The operation the call is for, if it was said.
    #[inline]
    #[must_use]
    pub fn operation(&self) -> Option<&Operation> {
        self.find(|entry| match entry {
            Entry::Began { operation, .. } => operation.as_ref(),
            Entry::Operation(operation) => Some(operation),
            Entry::Value(_) => None,
        })
    }

    /// When the request being served came in, read once at the edge, or when the
    /// [outgoing](Self::outgoing) call began; `None` if this context was made by neither.
    ///
    /// A layer that measures from here saves a clock read and counts the decoding too.
    #[inline]
    #[must_use]
    pub fn arrival(&self) -> Option<Instant> {
        self.find(|entry| match entry {
            Entry::Began { at, .. } => Some(at),
            _ => None,
        })
        .copied()
    }

    /// Derives a context whose call is not sampled: nothing records it as part of a trace, nor what
    /// is called on the way.
    ///
    /// It is one bit of the context, so that the calls of which nobody keeps a trace, which are
    /// most, are told apart without an allocation. It cannot be taken back: a decision is made once
    /// for a whole trace.
    ///
    /// ```
    /// use oxkit_core::{Context, RequestId};
    ///
    /// let cx = Context::new().unsampled().with(RequestId::from("7f3a"));
    /// assert!(cx.is_unsampled());
    /// assert!(!Context::new().is_unsampled());
    /// ```
    #[must_use]
    pub const fn unsampled(mut self) -> Self {
        self.word = self.word.unsampled();
        self
    }

    /// Whether the call is known not to be [sampled](Self::unsampled).
    #[must_use]
    pub const fn is_unsampled(&self) -> bool {
        self.word.is_unsampled()
    }

    #[inline]
    fn push(self, entry: Entry) -> Self {
        Self { word: self.word, head: Some(Arc::new(Node::new(entry, self.head))) }
    }

    fn find<'a, T>(&'a self, mut pick: impl FnMut(&'a Entry) -> Option<T>) -> Option<T> {
        let mut node = self.head.as_deref();
        while let Some(at) = node {
            if let Some(found) = pick(&at.entry) {
                return Some(found);
            }
            node = at.next();
        }
        None
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("deadline", &self.deadline())
            .field("operation", &self.operation())
            .field("unsampled", &self.is_unsampled())
            .finish_non_exhaustive()
    }
}
