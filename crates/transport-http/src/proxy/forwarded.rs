//! Whom a request came from, for the upstream to know.

use http::{HeaderMap, HeaderName, HeaderValue, header::FORWARDED, header::HOST, request};
use oxkit_core::{Context, Peer};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// How an upstream is told whom a request came from.
///
/// The address is the [`Peer`] of the context, which the serving loop puts there if it is asked to
/// ([`with_peer`](crate::serve::Serve::with_peer)); without one it is left out. The protocol is
/// given here, because the request itself does not say whether TLS was spoken.
///
/// What the caller claims is kept in front, so an upstream must count from the end, as many places
/// as there are proxies it trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forwarded {
    /// `Forwarded: for=...;host=...;proto=...` (RFC 7239).
    Standard {
        /// `http` or `https`, as this side is reached.
        proto: &'static str,
    },
    /// `X-Forwarded-For`, `X-Forwarded-Host` and `X-Forwarded-Proto`, which most software reads.
    ///
    /// The host and the protocol that the caller claims are replaced.
    XForwarded {
        /// `http` or `https`, as this side is reached.
        proto: &'static str,
    },
}

impl Forwarded {
    pub(super) fn add(self, cx: &Context, parts: &mut request::Parts) {
        let peer = cx.get::<Peer>().map(|peer| peer.0.ip());
        // HTTP/2 says it in the address.
        let host = parts
            .headers
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .or_else(|| parts.uri.authority().map(http::uri::Authority::as_str))
            .map(str::to_owned);
        let headers = &mut parts.headers;
        match self {
            Self::Standard { proto } => {
                let mut pairs = Vec::new();
                if let Some(peer) = peer {
                    // An address of version six stands in brackets, and brackets in quotes.
                    pairs.push(match peer {
                        std::net::IpAddr::V4(ip) => format!("for={ip}"),
                        std::net::IpAddr::V6(ip) => format!("for=\"[{ip}]\""),
                    });
                }
                // A quote or a backslash, which no host has, would end the quoted text.
                if let Some(host) = host.filter(|host| !host.contains(['"', '\\'])) {
                    pairs.push(format!("host=\"{host}\""));
                }
                pairs.push(format!("proto={proto}"));
                append(headers, FORWARDED, &pairs.join(";"));
            }
            Self::XForwarded { proto } => {
                if let Some(peer) = peer {
                    append(headers, X_FORWARDED_FOR, &peer.to_string());
                }
                if let Some(host) = host.and_then(|host| HeaderValue::from_str(&host).ok()) {
                    headers.insert(X_FORWARDED_HOST, host);
                }
                headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(proto));
            }
        }
    }
}

/// Adds an element to a header that is a list, in one line.
fn append(headers: &mut HeaderMap, name: HeaderName, element: &str) {
    let mut list: Vec<u8> = Vec::new();
    for value in headers.get_all(&name) {
        list.extend_from_slice(value.as_bytes());
        list.extend_from_slice(b", ");
    }
    list.extend_from_slice(element.as_bytes());
    if let Ok(value) = HeaderValue::from_bytes(&list) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn added(forwarded: Forwarded, peer: &str) -> HeaderMap {
        let cx = Context::new().with(Peer(peer.parse().unwrap()));
        let request = Request::get("/x")
            .header(HOST, "front.example")
            .header(X_FORWARDED_FOR, "203.0.113.9")
            .header(FORWARDED, "for=203.0.113.9")
            .body(())
            .unwrap();
        let mut parts = request.into_parts().0;
        forwarded.add(&cx, &mut parts);
        parts.headers
    }

    #[test]
    fn the_peer_is_added_behind_what_the_caller_claims() {
        let headers = added(Forwarded::XForwarded { proto: "https" }, "192.0.2.1:99");
        assert_eq!(headers[X_FORWARDED_FOR], "203.0.113.9, 192.0.2.1");
        assert_eq!(headers[X_FORWARDED_HOST], "front.example");
        assert_eq!(headers[X_FORWARDED_PROTO], "https");

        let headers = added(Forwarded::Standard { proto: "http" }, "[2001:db8::1]:99");
        assert_eq!(
            headers[FORWARDED],
            "for=203.0.113.9, for=\"[2001:db8::1]\";host=\"front.example\";proto=http"
        );
    }
}
