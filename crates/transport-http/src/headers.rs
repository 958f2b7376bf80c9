//! The header names both sides agree on.

use http::HeaderName;

/// How much time the caller gives the call, in whole milliseconds: `x-request-timeout-ms`.
///
/// A duration and not an instant, so that the clocks of the two sides need not agree. The client
/// sends what is left of its deadline, the server ends the call by then.
pub const TIMEOUT_HEADER: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// The identifier of the request as it travels through several services: `x-request-id`.
pub const REQUEST_ID_HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The exact kind of a failure by its canonical name, such as `NOT_FOUND`: `x-error-kind`.
///
/// Several kinds share a status, so the status alone does not bring back the one the server gave.
pub const ERROR_KIND_HEADER: HeaderName = HeaderName::from_static("x-error-kind");
