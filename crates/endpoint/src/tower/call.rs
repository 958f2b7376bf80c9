//! A request with its context, for where there is one argument only.

use oxkit_core::Context;

/// A request with its context: what travels through a tower service or layer.
///
/// It is `Clone` where the request is, so that tower's `Retry` can keep a copy. A request alone
/// becomes one with an empty context.
///
/// ```
/// use oxkit_core::{Context, RequestId};
/// use oxkit_endpoint::tower::Call;
///
/// let call = Call::new(Context::new().with(RequestId::from("7f3a")), "hello");
/// assert_eq!(call.request, "hello");
/// assert!(call.cx.get::<RequestId>().is_some());
///
/// let alone: Call<&str> = "hello".into();
/// assert!(alone.cx.deadline().is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Call<Request> {
    /// What travels with the request.
    pub cx: Context,
    /// The request.
    pub request: Request,
}

impl<Request> Call<Request> {
    /// A request with its context.
    pub const fn new(cx: Context, request: Request) -> Self {
        Self { cx, request }
    }
}

impl<Request> From<Request> for Call<Request> {
    fn from(request: Request) -> Self {
        Self::new(Context::new(), request)
    }
}
