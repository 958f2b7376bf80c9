//! The rest of the chain, as a middleware function sees it.

use std::{any::type_name, fmt};

use oxkit_core::{Context, Endpoint};

/// The rest of the chain: what a middleware function of [`from_fn`](crate::from_fn) wraps.
///
/// It borrows the inner endpoint, so passing it on costs nothing. It is `Copy`: a middleware that
/// tries again calls it twice.
///
/// ```
/// use oxkit_core::{Context, Endpoint};
/// use oxkit_endpoint::Next;
///
/// async fn twice<E>(cx: Context, request: u32, next: Next<'_, E>) -> Result<E::Response, E::Error>
/// where
///     E: Endpoint<Request = u32>,
/// {
///     next.call(cx.clone(), request).await?;
///     next.call(cx, request).await
/// }
/// ```
#[must_use = "a middleware that does not call it refuses the call"]
pub struct Next<'a, E>(&'a E);

impl<'a, E: Endpoint> Next<'a, E> {
    pub(super) const fn new(inner: &'a E) -> Self {
        Self(inner)
    }

    /// Calls the inner endpoint.
    ///
    /// # Errors
    ///
    /// Those of the inner endpoint.
    ///
    /// # Cancel safety
    ///
    /// As [`Endpoint::call`]: dropping the future cancels the call.
    pub fn call(
        self,
        cx: Context,
        request: E::Request,
    ) -> impl Future<Output = Result<E::Response, E::Error>> + Send {
        self.0.call(cx, request)
    }
}

impl<E> Clone for Next<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Next<'_, E> {}

impl<E> fmt::Debug for Next<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Next").field(&type_name::<E>()).finish()
    }
}
