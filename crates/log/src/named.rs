//! The pairs that name an endpoint's operation, written once.

use std::{
    slice,
    sync::{Arc, OnceLock},
};

use oxkit_core::Operation;

use crate::{StoredValue, segment::Segment};

/// The pairs of the operation that an endpoint saw first. Most endpoints serve one, so most lines
/// copy these as they were encoded for the first.
#[derive(Default)]
pub(crate) struct Named(OnceLock<(Operation, Arc<Segment>)>);

impl Named {
    /// Whether this is the operation that is kept. The first one will be.
    #[inline]
    pub(crate) fn is(&self, operation: &Operation) -> bool {
        let (first, _) = self.0.get_or_init(|| {
            let (service, method) = (operation.service(), operation.method());
            let pairs = segment([("service", service), ("method", method)]);
            (operation.clone(), Arc::new(pairs))
        });
        first == operation
    }

    /// `service` and `method` of the operation that is kept, if there is one by now.
    #[inline]
    pub(crate) fn kept(&self) -> &[Arc<Segment>] {
        self.0.get().map_or(&[], |(_, pairs)| slice::from_ref(pairs))
    }
}

/// Pairs of texts, to be encoded once.
pub(crate) fn segment<const N: usize>(pairs: [(&'static str, &str); N]) -> Segment {
    let stored = pairs.map(|(key, text)| (key.into(), StoredValue::from(text.to_owned())));
    Segment::of(stored.into())
}

/// Another endpoint may be for another operation.
impl Clone for Named {
    fn clone(&self) -> Self {
        Self::default()
    }
}
