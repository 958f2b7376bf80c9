//! Kinds of failure as HTTP status codes, and back.

use http::StatusCode;
use oxkit_core::ErrorKind;

/// The status an error of this kind is answered with.
///
/// The published mapping of `google.rpc.Code`. [`Cancelled`](ErrorKind::Cancelled) is 499, which no
/// RFC registers and every proxy's log understands.
///
/// ```
/// use http::StatusCode;
/// use oxkit_core::ErrorKind;
/// use oxkit_transport_http::status_of;
///
/// assert_eq!(status_of(ErrorKind::NotFound), StatusCode::NOT_FOUND);
/// assert_eq!(status_of(ErrorKind::Unavailable), StatusCode::SERVICE_UNAVAILABLE);
/// ```
#[must_use]
pub fn status_of(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::Cancelled => client_closed_request(),
        ErrorKind::InvalidArgument | ErrorKind::FailedPrecondition | ErrorKind::OutOfRange => {
            StatusCode::BAD_REQUEST
        }
        ErrorKind::DeadlineExceeded => StatusCode::GATEWAY_TIMEOUT,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::AlreadyExists | ErrorKind::Aborted => StatusCode::CONFLICT,
        ErrorKind::PermissionDenied => StatusCode::FORBIDDEN,
        ErrorKind::ResourceExhausted => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unimplemented => StatusCode::NOT_IMPLEMENTED,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorKind::Unknown | ErrorKind::Internal | ErrorKind::DataLoss => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}

/// The kind of failure a status stands for, when nothing but the status is known.
///
/// What a server of another make answered is read as the closest kind by the published definitions:
///
/// | status | kind |
/// |---|---|
/// | 401, 407, 511 | `Unauthenticated` |
/// | 403, 451 | `PermissionDenied` |
/// | 404, 410 | `NotFound` |
/// | 405, 501, 505 | `Unimplemented` |
/// | 408, 504 | `DeadlineExceeded` |
/// | 409 | `Aborted` |
/// | 412, 428 | `FailedPrecondition` |
/// | 416 | `OutOfRange` |
/// | 425, 502, 503 | `Unavailable` |
/// | 429, 507 | `ResourceExhausted` |
/// | 499 | `Cancelled` |
/// | 500 | `Internal` |
/// | any other 4xx | `InvalidArgument` |
/// | anything else | `Unknown` |
///
/// 400, 409 and 500 are each made from several kinds, so our servers send the exact one beside the
/// status, in [`ERROR_KIND_HEADER`](crate::ERROR_KIND_HEADER).
///
/// ```
/// use http::StatusCode;
/// use oxkit_core::ErrorKind;
/// use oxkit_transport_http::kind_of;
///
/// assert_eq!(kind_of(StatusCode::TOO_MANY_REQUESTS), ErrorKind::ResourceExhausted);
/// assert_eq!(kind_of(StatusCode::BAD_GATEWAY), ErrorKind::Unavailable);
/// ```
#[must_use]
pub fn kind_of(status: StatusCode) -> ErrorKind {
    match status.as_u16() {
        401 | 407 | 511 => ErrorKind::Unauthenticated,
        403 | 451 => ErrorKind::PermissionDenied,
        404 | 410 => ErrorKind::NotFound,
        408 | 504 => ErrorKind::DeadlineExceeded,
        409 => ErrorKind::Aborted,
        412 | 428 => ErrorKind::FailedPrecondition,
        416 => ErrorKind::OutOfRange,
        405 | 501 | 505 => ErrorKind::Unimplemented,
        425 | 502 | 503 => ErrorKind::Unavailable,
        429 | 507 => ErrorKind::ResourceExhausted,
        499 => ErrorKind::Cancelled,
        500 => ErrorKind::Internal,
        400..=498 => ErrorKind::InvalidArgument,
        _ => ErrorKind::Unknown,
    }
}

fn client_closed_request() -> StatusCode {
    StatusCode::from_u16(499).expect("499 is within 100 to 999")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_has_a_status_of_its_own_comes_back() {
        for kind in ErrorKind::ALL {
            let back = kind_of(status_of(kind));
            let expected = match kind {
                ErrorKind::FailedPrecondition | ErrorKind::OutOfRange => ErrorKind::InvalidArgument,
                ErrorKind::AlreadyExists => ErrorKind::Aborted,
                ErrorKind::Unknown | ErrorKind::DataLoss => ErrorKind::Internal,
                own => own,
            };
            assert_eq!(back, expected, "{kind}");
        }
    }

    #[test]
    fn server_faults_are_the_five_hundreds_and_no_other_kind_is() {
        for kind in ErrorKind::ALL {
            assert_eq!(status_of(kind).is_server_error(), kind.is_server_fault(), "{kind}");
        }
    }

    #[test]
    fn every_status_has_a_kind_on_the_same_side_of_the_wire() {
        for code in 100..=999 {
            let status = StatusCode::from_u16(code).unwrap();
            let kind = kind_of(status);
            match code {
                400..=404 | 406 | 409..=424 | 426..=499 => {
                    assert!(!kind.is_server_fault(), "{code}: {kind}");
                }
                500..=506 | 508..=510 => assert!(kind.is_server_fault(), "{code}: {kind}"),
                _ => {}
            }
        }
    }
}
