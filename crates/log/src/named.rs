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
            let pair =
                |key: &'static str, name: &str| (key.into(), StoredValue::from(name.to_owned()));
            let pairs =
                vec![pair("service", operation.service()), pair("method", operation.method())];
            (operation.clone(), Arc::new(Segment::of(pairs)))
        });
        (first == operation).then_some(pairs)
    }
}

/// Another endpoint may be for another operation.
impl Clone for Named {
    fn clone(&self) -> Self {
        Self::default()
    }
}
