//! JSON bodies, read and written by serde.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde::de::DeserializeOwned;

use crate::Rejection;

pub(crate) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// Reads one JSON value and nothing after it but white space. No bytes at all are read as `null`:
/// a request without parameters need not have a body.
///
/// # Errors
///
/// 400 with what was wrong and where.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Rejection> {
    let text: &[u8] = if bytes.is_empty() { b"null" } else { bytes };
    serde_json::from_slice(text).map_err(|error| {
        let message = if bytes.is_empty() {
            "invalid JSON: the body is empty".to_owned()
        } else {
            format!("invalid JSON: {error}")
        };
        Rejection::new(StatusCode::BAD_REQUEST, message).with_source(error)
    })
}

/// Whether the content type says JSON: `application/json`, or any type ending in `+json`
/// (RFC 6839), with any parameters.
pub(crate) fn says_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else {
        return false;
    };
    let suffix = subtype.len().checked_sub("+json".len());
    (kind.eq_ignore_ascii_case("application") && subtype.eq_ignore_ascii_case("json"))
        || suffix
            .and_then(|at| subtype.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case("+json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_told_by_its_media_type_or_its_suffix() {
        let says = |value: &'static [u8]| {
            let value = HeaderValue::from_bytes(value).unwrap();
            says_json(&HeaderMap::from_iter([(CONTENT_TYPE, value)]))
        };
        for json in [
            &b"application/json"[..],
            b"Application/JSON; charset=utf-8",
            b"application/problem+json",
            b"application/vnd.api+JSON ;v=1",
        ] {
            assert!(says(json));
        }
        for other in [
            &b"text/plain"[..],
            b"text/json",
            b"application/jsonp",
            b"application/x-www-form-urlencoded",
            b"json",
            b"+json",
            b"",
            b"application/\xff+json",
        ] {
            assert!(!says(other), "{other:?}");
        }
        assert!(!says_json(&HeaderMap::new()));
    }
}
