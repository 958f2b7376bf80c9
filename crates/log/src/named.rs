//! The pairs that name an endpoint's operation, written once.

use std::{
    slice,
    sync::{Arc, OnceLock},
};

use oxkit_core::Operation;

use crate::{Lazy, Logger, StoredValue, segment::Segment};

/// The pairs of the operation that an endpoint saw first. Most endpoints serve one, so most lines
/// copy these as they were encoded for the first.
#[derive(Default)]
pub(crate) struct Named(OnceLock<Kept>);

struct Kept {
    operation: Operation,
    names: Arc<Segment>,
    ok: Arc<Segment>,
}

impl Named {
    /// Whether this is the operation that is kept. The first one will be.
    #[inline]
    pub(crate) fn is(&self, operation: &Operation, logger: &Logger) -> bool {
        self.0.get_or_init(|| Kept::new(operation, logger)).operation == *operation
    }

    /// `service` and `method` of the operation that is kept, if there is one by now.
    pub(crate) fn names(&self) -> &[Arc<Segment>] {
        self.0.get().map_or(&[], |kept| slice::from_ref(&kept.names))
    }

    /// All that the line of a call says that went well and has no identifiers, the logger's context
    /// included: the time it took is left open.
    #[inline]
    pub(crate) fn ok(&self) -> &[Arc<Segment>] {
        self.0.get().map_or(&[], |kept| slice::from_ref(&kept.ok))
    }
}

impl Kept {
    #[cold]
    fn new(operation: &Operation, logger: &Logger) -> Self {
        let text = |text: &str| StoredValue::from(text.to_owned());
        let names = vec![
            ("service".into(), text(operation.service())),
            ("method".into(), text(operation.method())),
        ];
        let mut ok: Vec<_> = logger.context().cloned().collect();
        ok.extend(names.iter().cloned());
        ok.push(("took".into(), Lazy::took().into()));
        ok.push(("outcome".into(), "ok".into()));
        Self {
            operation: operation.clone(),
            names: Arc::new(Segment::of(names)),
            ok: Arc::new(Segment::of(ok)),
        }
    }
}

/// Another endpoint may be for another operation.
impl Clone for Named {
    fn clone(&self) -> Self {
        Self::default()
    }
}
