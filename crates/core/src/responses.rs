//! Whether a layer looks for business errors in responses: what layers for logs and metrics share.

use crate::{CarriesFailure, Failure};

/// Whether a layer that tells of calls looks for business errors in responses. Implemented by
/// [`OnlyErrors`] and [`ResponsesToo`].
pub trait LooksAtResponse<R>: Send + Sync {
    /// The business error in the response, if this looks for one and there is one.
    fn failure<'a>(&self, response: &'a R) -> Option<&'a (dyn Failure + 'static)>;
}

/// Takes every response for a success.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnlyErrors;

/// Looks for a business error in each response.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResponsesToo;

impl<R> LooksAtResponse<R> for OnlyErrors {
    fn failure<'a>(&self, _: &'a R) -> Option<&'a (dyn Failure + 'static)> {
        None
    }
}

impl<R: CarriesFailure> LooksAtResponse<R> for ResponsesToo {
    fn failure<'a>(&self, response: &'a R) -> Option<&'a (dyn Failure + 'static)> {
        response.failure()
    }
}
