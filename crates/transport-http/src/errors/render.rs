//! The parts of an answer to a failure that do not depend on the encoder.

use std::{error::Error, time::Duration};

use http::{HeaderValue, Response, StatusCode, header::Entry, header::RETRY_AFTER};
use oxkit_core::Failure;

use super::ErrorEncoder;
use crate::{Body, BodyError, ERROR_KIND_HEADER, Rejection, rejection::status_of_body, status_of};

/// Answers `error`: the status it calls for, the encoder's body, and the headers it brings.
///
/// The status and the headers of a [`Rejection`] are found wherever it is in the chain of sources,
/// so an error that was wrapped keeps them.
pub(crate) fn render(
    encoder: &dyn ErrorEncoder,
    error: &(dyn Failure + 'static),
) -> Response<Body> {
    let found = Found::search(error);
    let status = found.status.unwrap_or_else(|| status_of(error.kind()));
    let mut response = encoder.encode(error, status);
    let headers = response.headers_mut();
    headers.insert(ERROR_KIND_HEADER, HeaderValue::from_static(error.kind().name()));
    let advice = error.retry_after().or_else(|| found.rejection.and_then(Failure::retry_after));
    if let Some(after) = advice
        && let Entry::Vacant(entry) = headers.entry(RETRY_AFTER)
    {
        entry.insert(HeaderValue::from(whole_seconds(after)));
    }
    if let Some(rejection) = found.rejection {
        let added = rejection.headers();
        for name in added.keys() {
            let mut values = added.get_all(name).iter();
            if let Some(first) = values.next() {
                headers.insert(name, first.clone());
            }
            for value in values {
                headers.append(name, value.clone());
            }
        }
    }
    response
}

struct Found<'a> {
    status: Option<StatusCode>,
    rejection: Option<&'a Rejection>,
}

impl<'a> Found<'a> {
    fn search(error: &'a (dyn Failure + 'static)) -> Self {
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            if let Some(rejection) = error.downcast_ref::<Rejection>() {
                return Self { status: Some(rejection.status()), rejection: Some(rejection) };
            }
            // An upstream's answer that breaks off or is too large is no fault of the caller's.
            if let Some(body) = error.downcast_ref::<BodyError>().filter(|body| body.is_received())
            {
                return Self { status: Some(status_of_body(body)), rejection: None };
            }
            next = error.source();
        }
        Self { status: None, rejection: None }
    }
}

/// Rounded up: an earlier retry would be refused again. At least one, as zero reads as "at once".
pub(crate) fn whole_seconds(after: Duration) -> u64 {
    let up = u64::from(after.subsec_nanos() > 0);
    after.as_secs().saturating_add(up).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_is_rounded_up_to_whole_seconds() {
        for (millis, seconds) in [(0, 1), (1, 1), (1000, 1), (1001, 2), (59_999, 60)] {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        }
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }
}
