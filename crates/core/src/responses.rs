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
///
/// The response must be [`CarriesFailure`], as `Result<T, E>` is. Around an endpoint with another
/// one, a layer that was told to look makes no endpoint, and the compiler says that a trait bound of
/// the layer with `ResponsesToo` is not satisfied. What it asks for is this:
///
/// ```
/// use oxkit_core::{LooksAtResponse, Refusal, ResponsesToo};
///
/// fn looked_at<R>() where ResponsesToo: LooksAtResponse<R> {}
///
/// looked_at::<Result<u32, Refusal>>();
/// ```
///
/// ```compile_fail,E0277
/// # use oxkit_core::{LooksAtResponse, ResponsesToo};
/// # fn looked_at<R>() where ResponsesToo: LooksAtResponse<R> {}
/// looked_at::<u32>();
/// ```
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
