//! What TLS needs to know of HTTP.

/// The protocols this build can speak, for the `alpn_protocols` of a rustls configuration: `h2`,
/// with the feature `http2`, and `http/1.1`.
///
/// ```
/// use oxkit_transport_http::tls::alpn_protocols;
///
/// assert_eq!(alpn_protocols().last().map(Vec::as_slice), Some(&b"http/1.1"[..]));
/// ```
#[must_use]
pub fn alpn_protocols() -> Vec<Vec<u8>> {
    let mut protocols = Vec::new();
    #[cfg(feature = "http2")]
    protocols.push(b"h2".to_vec());
    protocols.push(b"http/1.1".to_vec());
    protocols
}
