//! The pairs that name an endpoint's operation, written once.

use std::sync::{Arc, OnceLock};

use oxkit_core::Operation;

use crate::{StoredValue, segment::Segment};

/// The pairs of the operation that an endpoint saw first. Most endpoints serve one, so most lines
/// copy these as they were encoded for the first.
#[derive(Default)]
pub(crate) struct Named(OnceLock<(Operation, Arc<Segment>)>);

impl Named {
    /// `service` and `method`; `None` for another operation than the first.
    pub(crate) fn pairs(&self, operation: &Operation) -> Option<&Arc<Segment>> {
        let (first, pairs) = self.0.get_or_init(|| {
            let (service, method) = (operation.service(), operation.method());
            let pairs = segment([("service", service), ("method", method)]);
            (operation.clone(), Arc::new(pairs))
        });
        (first == operation).then_some(pairs)
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
