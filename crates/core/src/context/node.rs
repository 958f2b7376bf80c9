//! The shared list behind a context.

use std::{any::Any, sync::Arc, time::Instant};

use crate::Operation;

pub(super) struct Node {
    pub(super) entry: Entry,
    next: Option<Arc<Self>>,
}

pub(super) enum Entry {
    /// A request came in, or a call of ours to another service began.
    Began {
        at: Instant,
        operation: Option<Operation>,
    },
    Operation(Operation),
    Value(Box<dyn Any + Send + Sync>),
}

impl Node {
    pub(super) const fn new(entry: Entry, next: Option<Arc<Self>>) -> Self {
        Self { entry, next }
    }

    pub(super) fn next(&self) -> Option<&Self> {
        self.next.as_deref()
    }
}

// Derived glue would drop the list by recursion, and a context derived in a loop is as long as the
// loop ran.
impl Drop for Node {
    #[inline]
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(mut node) = next.and_then(Arc::into_inner) {
            next = node.next.take();
        }
    }
}
