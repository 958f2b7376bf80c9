//! An error status as an error: its kind, its text, and when to come back.

use std::time::{Duration, SystemTime};

use http::{
    HeaderMap, Response,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use oxkit_core::ErrorKind;
use serde::Deserialize;

use super::{ClientError, text::one_line};
use crate::{Body, ERROR_KIND_HEADER, kind_of};

/// How much of an error's body is read.
const BODY_LIMIT: u64 = 64 * 1024;

/// A year. Nobody comes back later, and whoever adds it to an instant gets one.
const LONGEST_WAIT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The members that tell, of problem details (RFC 9457) and of Go kit's `{"error": "..."}`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Told {
    detail: Option<String>,
    error: Option<String>,
    title: Option<String>,
    kind: Option<String>,
}

/// The error that `response`, which is none of success, stands for.
pub(crate) async fn error_of(response: Response<Body>) -> ClientError {
    let (parts, body) = response.into_parts();
    // A text that does not arrive is no reason to lose the status.
    let bytes = body.collect(BODY_LIMIT).await.unwrap_or_default();
    let told = if says_json(&parts.headers) || is_unnamed_json(&parts.headers, &bytes) {
        serde_json::from_slice::<Told>(&bytes).unwrap_or_default()
    } else {
        Told::default()
    };
    let kind = parts
        .headers
        .get(ERROR_KIND_HEADER)
        .and_then(|value| value.to_str().ok())
        .or(told.kind.as_deref())
        .and_then(|name| name.parse::<ErrorKind>().ok())
        .unwrap_or_else(|| kind_of(parts.status));
    let text = told
        .detail
        .or(told.error)
        .or(told.title)
        .or_else(|| plain(&parts.headers, &bytes))
        .map(|text| one_line(&text))
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| parts.status.to_string());
    let retry_after = retry_after(&parts.headers, SystemTime::now());
    ClientError::status_of(parts.status, kind, text, retry_after)
}

fn says_json(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|media| media.ends_with("json"))
}

/// Go's server guesses the type of a body of which the program says none, and takes JSON for text:
/// so do the errors of many services of Go kit's come.
fn is_unnamed_json(headers: &HeaderMap, bytes: &[u8]) -> bool {
    bytes.starts_with(b"{") && media_type(headers).is_some_and(|media| media == "text/plain")
}

/// The text of a body that is for reading. A page of HTML is not.
fn plain(headers: &HeaderMap, bytes: &[u8]) -> Option<String> {
    (media_type(headers)? == "text/plain").then(|| String::from_utf8_lossy(bytes).into_owned())
}

fn media_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let media = value.split(';').next().unwrap_or_default();
    Some(media.trim().to_ascii_lowercase())
}

/// Seconds or a date (RFC 9110, section 10.2.3). A date that has passed advises nothing.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // Digits alone fail only where there are too many of them.
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        httpdate::parse_http_date(value).ok()?.duration_since(now).ok()?
    };
    Some(wait.min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date_to_come() {
        let now = httpdate::parse_http_date("Sun, 22 Nov 2026 15:00:00 GMT").unwrap();
        let read = |text: &'static str| {
            let value = HeaderValue::from_static(text);
            retry_after(&HeaderMap::from_iter([(RETRY_AFTER, value)]), now)
        };
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 22 Nov 2026 15:01:00 GMT"), Some(Duration::from_secs(60)));
        for none in ["Sun, 22 Nov 2026 14:59:00 GMT", "-1", "+7", "soon", "", "1.5"] {
            assert_eq!(read(none), None, "{none:?}");
        }
        for far in
            ["18446744073709551615", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"]
        {
            let wait = read(far).unwrap();
            assert_eq!(wait, LONGEST_WAIT, "{far}");
            assert!(std::time::Instant::now().checked_add(wait).is_some());
        }
    }
}
