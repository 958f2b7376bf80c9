//! The identifier of a request, and the header that tells it.

use http::{HeaderMap, HeaderValue};
use oxkit_core::{RequestId, RequestIds};

use crate::REQUEST_ID_HEADER;

/// The identifier the caller sent if it is fit to be logged and sent on, otherwise a new one; and
/// the header that tells the caller.
pub(super) fn identify(ids: &RequestIds, headers: &HeaderMap) -> (RequestId, HeaderValue) {
    let sent = headers.get(REQUEST_ID_HEADER);
    let id = ids.identify(sent.and_then(|value| value.to_str().ok()));
    let value = match sent {
        // Shares the bytes that came.
        Some(value) if value.as_bytes() == id.as_str().as_bytes() => value.clone(),
        _ => HeaderValue::from_str(id.as_str()).expect("it is visible ASCII"),
    };
    (id, value)
}
