//! Whether responses are looked at for errors.

use oxkit_core::{CarriesFailure, Failure};

/// Whether a [`Measure`](crate::Measure) looks for errors in responses. Implemented by
/// [`OnlyErrors`] and [`ResponsesToo`].
pub trait LooksAtResponse<R>: Send + Sync {
    /// The business error in the response, if this looks for one and there is one.
    fn failure<'a>(&self, response: &'a R) -> Option<&'a dyn Failure>;
}

/// Takes every response for a success.
#[derive(Debug, Clone, Copy, Default)]
pub struct OnlyErrors;

/// Looks for a business error in each response.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResponsesToo;

impl<R> LooksAtResponse<R> for OnlyErrors {
    fn failure<'a>(&self, _: &'a R) -> Option<&'a dyn Failure> {
        None
    }
}

impl<R: CarriesFailure> LooksAtResponse<R> for ResponsesToo {
    fn failure<'a>(&self, response: &'a R) -> Option<&'a dyn Failure> {
        response.failure()
    }
}
