//! Where the identifiers of calls come from.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use crate::jsonrpc::RequestId;

/// Makes the identifiers of calls.
///
/// They need only differ among the calls of one batch: over HTTP the answer to a call comes as the
/// response to its request. Ones that never repeat make logs easier to read.
///
/// [`AutoIncrement`] is one, and so is any closure that gives what a [`RequestId`] can be made of.
pub trait IdGenerator: Send + Sync + 'static {
    /// The identifier of the next call.
    fn next_id(&self) -> RequestId;
}

impl<F, Id> IdGenerator for F
where
    F: Fn() -> Id + Send + Sync + 'static,
    Id: Into<RequestId>,
{
    fn next_id(&self) -> RequestId {
        self().into()
    }
}

/// Counts up by one with every call. A clone counts on with the same counter.
///
/// ```
/// use oxkit_transport_http::jsonrpc::{AutoIncrement, IdGenerator, RequestId};
///
/// let ids = AutoIncrement::new(7);
/// assert_eq!(ids.next_id(), RequestId::from(7));
/// assert_eq!(ids.clone().next_id(), RequestId::from(8));
/// assert_eq!(ids.next_id(), RequestId::from(9));
/// ```
#[derive(Debug, Clone, Default)]
pub struct AutoIncrement(Arc<AtomicU64>);

impl AutoIncrement {
    /// Starts with `first`.
    #[must_use]
    pub fn new(first: u64) -> Self {
        Self(Arc::new(AtomicU64::new(first)))
    }
}

impl IdGenerator for AutoIncrement {
    fn next_id(&self) -> RequestId {
        // Each number is given once; nothing is ordered by it.
        self.0.fetch_add(1, Ordering::Relaxed).into()
    }
}
