//! An endpoint's error from whatever a tower service fails with.

use std::{any::Any, error::Error as StdError};

use oxkit_core::{ErrorKind, Failure, Refusal};

pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// Gives back the endpoint's own error if that is what came through the service, boxed or not; the
/// same for a refusal. Anything else becomes the source of a refusal of `kind`.
pub(super) fn restore<Error, Foreign>(foreign: Foreign, kind: ErrorKind) -> Error
where
    Error: Failure + From<Refusal>,
    Foreign: Into<BoxError> + 'static,
{
    // Most services fail with the error of the endpoint inside, as it is: no box is made for it.
    let mut slot = Some(foreign);
    let any: &mut dyn Any = &mut slot;
    if let Some(own) = any.downcast_mut::<Option<Error>>().and_then(Option::take) {
        return own;
    }
    if let Some(refusal) = any.downcast_mut::<Option<Refusal>>().and_then(Option::take) {
        return refusal.into();
    }
    let boxed = slot.expect("it was not taken").into();
    boxed
        .downcast::<Error>()
        .map(|own| *own)
        .or_else(|boxed| boxed.downcast::<Refusal>().map(|refusal| (*refusal).into()))
        .unwrap_or_else(|boxed| {
            Refusal::of_kind(kind, kind.description()).with_source(boxed).into()
        })
}
