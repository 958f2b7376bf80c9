//! Headers that concern one connection only.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CONNECTION, CONTENT_LENGTH, HOST, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, TE, TRAILER,
        TRANSFER_ENCODING, UPGRADE,
    },
};

/// RFC 9110, section 7.6.1, and the two names that old software sends for `Connection`.
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION,
    HeaderName::from_static("proxy-connection"),
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// What says where a message goes and where it ends is not for the other side to take out.
const KEPT: [HeaderName; 2] = [HOST, CONTENT_LENGTH];

/// Takes out of a request what must not be passed on. That trailers are understood, which gRPC asks
/// for, is said again.
///
/// It must run before anybody adds a header: the caller's `Connection` may name any, and would take
/// it out. A second time it finds nothing more.
pub(super) fn strip_request(headers: &mut HeaderMap) {
    let takes_trailers = takes_trailers(headers);
    strip(headers);
    if takes_trailers {
        headers.insert(TE, HeaderValue::from_static("trailers"));
    }
}

/// Takes out of a response what must not be passed on. The announcement of trailers stays for a
/// caller that takes them: over HTTP/1.1 only those announced are sent.
pub(super) fn strip_response(headers: &mut HeaderMap, takes_trailers: bool) {
    let mut announced = Vec::new();
    if takes_trailers {
        announced.extend(headers.get_all(TRAILER).iter().cloned());
    }
    strip(headers);
    for value in announced {
        headers.append(TRAILER, value);
    }
}

/// Also takes out what the `Connection` header names.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name| !KEPT.contains(name))
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

/// Whether the sender says that it understands trailers.
pub(super) fn takes_trailers(headers: &HeaderMap) -> bool {
    headers
        .get_all(TE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|coding| coding.trim().eq_ignore_ascii_case("trailers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_connection_names_goes_too_and_the_rest_stays() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Secret"),
            ("connection", "x-other, host, content-length"),
            ("host", "h"),
            ("content-length", "3"),
            ("x-secret", "1"),
            ("x-other", "2"),
            ("keep-alive", "timeout=5"),
            ("proxy-authorization", "Basic AAAA"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "websocket"),
            ("x-kept", "3"),
            ("authorization", "Bearer t"),
        ] {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_static(value));
        }
        assert!(takes_trailers(&headers));
        strip_request(&mut headers);
        let mut left: Vec<_> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["authorization", "content-length", "host", "te", "x-kept"]);
    }
}
