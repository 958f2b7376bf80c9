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
    let spoken: &[&[u8]] = &[
        #[cfg(feature = "http2")]
        b"h2",
        b"http/1.1",
    ];
    spoken.iter().map(|name| name.to_vec()).collect()
}
