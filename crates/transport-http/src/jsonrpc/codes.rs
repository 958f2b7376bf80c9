//! The codes of the JSON-RPC 2.0 specification, and what each means in the shared vocabulary.

use oxkit_core::ErrorKind;

/// The body is no JSON.
pub const PARSE_ERROR: i64 = -32700;
/// The JSON is no request.
pub const INVALID_REQUEST: i64 = -32600;
/// The method does not exist.
pub const METHOD_NOT_FOUND: i64 = -32601;
/// The parameters are not those of the method.
pub const INVALID_PARAMS: i64 = -32602;
/// Anything else went wrong.
pub const INTERNAL_ERROR: i64 = -32603;

/// The standard text of a code, if the specification gives it one.
///
/// ```
/// use oxkit_transport_http::jsonrpc::codes;
///
/// assert_eq!(codes::message_of(codes::PARSE_ERROR), Some("Parse error"));
/// assert_eq!(codes::message_of(-32000), None);
/// ```
#[must_use]
pub const fn message_of(code: i64) -> Option<&'static str> {
    match code {
        PARSE_ERROR => Some("Parse error"),
        INVALID_REQUEST => Some("Invalid Request"),
        METHOD_NOT_FOUND => Some("Method not found"),
        INVALID_PARAMS => Some("Invalid params"),
        INTERNAL_ERROR => Some("Internal error"),
        _ => None,
    }
}

/// The kind of failure a code stands for, when nothing but the code is known.
///
/// | code | kind |
/// |---|---|
/// | −32700, −32600, −32602 | `InvalidArgument` |
/// | −32601 | `Unimplemented` |
/// | −32603 | `Internal` |
/// | any other | `Unknown` |
///
/// ```
/// use oxkit_core::ErrorKind;
/// use oxkit_transport_http::jsonrpc::codes;
///
/// assert_eq!(codes::kind_of(codes::METHOD_NOT_FOUND), ErrorKind::Unimplemented);
/// assert_eq!(codes::kind_of(-32000), ErrorKind::Unknown);
/// ```
#[must_use]
pub const fn kind_of(code: i64) -> ErrorKind {
    match code {
        PARSE_ERROR | INVALID_REQUEST | INVALID_PARAMS => ErrorKind::InvalidArgument,
        METHOD_NOT_FOUND => ErrorKind::Unimplemented,
        INTERNAL_ERROR => ErrorKind::Internal,
        _ => ErrorKind::Unknown,
    }
}

/// The code an error of this kind is answered with.
///
/// [`InvalidArgument`](ErrorKind::InvalidArgument) is −32602,
/// [`Unimplemented`](ErrorKind::Unimplemented) is −32601, and all others are −32603, as Go kit
/// answers them. The exact kind travels in the `data` of the error: see
/// [`Error::from_failure`](super::Error::from_failure).
///
/// ```
/// use oxkit_core::ErrorKind;
/// use oxkit_transport_http::jsonrpc::codes;
///
/// assert_eq!(codes::code_of(ErrorKind::InvalidArgument), codes::INVALID_PARAMS);
/// assert_eq!(codes::code_of(ErrorKind::NotFound), codes::INTERNAL_ERROR);
/// ```
#[must_use]
pub const fn code_of(kind: ErrorKind) -> i64 {
    match kind {
        ErrorKind::InvalidArgument => INVALID_PARAMS,
        ErrorKind::Unimplemented => METHOD_NOT_FOUND,
        _ => INTERNAL_ERROR,
    }
}
