//! What is being called, on either side.

use std::sync::Arc;

use super::RequestId;

/// What is being called and by which identifier, as a value of the
/// [`Context`](oxkit_core::Context).
///
/// ```
/// use oxkit_core::{Context, Refusal, endpoint_fn};
/// use oxkit_transport_http::jsonrpc::{Call, Server};
///
/// let endpoint = endpoint_fn(async |cx: Context, (): ()| {
///     let call = cx.get::<Call>().map(|call| format!("{} {:?}", call.method(), call.id()));
///     Ok::<_, Refusal>(call)
/// });
/// let server = Server::new().method("whoami", endpoint);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub(super) method: Arc<str>,
    pub(super) id: Option<RequestId>,
}

impl Call {
    /// The name of the method, as the caller sent it.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The identifier, or `None` for a notification.
    #[must_use]
    pub const fn id(&self) -> Option<&RequestId> {
        self.id.as_ref()
    }

    /// Whether it has no identifier, so that the caller awaits no answer.
    #[must_use]
    pub const fn is_notification(&self) -> bool {
        self.id.is_none()
    }
}
