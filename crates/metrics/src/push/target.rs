//! The server that requests go to.

use http::Uri;

use super::Client;
use crate::MetricError;

/// A server that takes metrics over HTTP: where it is, and how to trust it.
///
/// ```
/// use oxkit_metrics::HttpTarget;
///
/// let influxdb = HttpTarget::new("http://localhost:8086")?;
/// assert_eq!(influxdb.url(), "http://localhost:8086");
///
/// let error = HttpTarget::new("localhost:8086").unwrap_err();
/// assert!(error.is_invalid_setting());
/// # Ok::<_, oxkit_metrics::MetricError>(())
/// ```
#[derive(Debug, Clone)]
pub struct HttpTarget {
    client: Client,
    url: Box<str>,
}

impl HttpTarget {
    /// At an `http` URL. Paths of a protocol are appended to that of the URL.
    ///
    /// # Errors
    ///
    /// It is no such URL, or has a query, or user and password: these are set apart from it, because
    /// a URL is logged.
    pub fn new(url: &str) -> Result<Self, MetricError> {
        Self::checked(Client::plain(), url)
    }

    /// As [`new`](Self::new), at an `https` URL. `config` says whom to trust and which certificate
    /// to show; the program brings its own, with the cryptography it chose.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use oxkit_metrics::HttpTarget;
    /// use rustls::{ClientConfig, RootCertStore, crypto::ring};
    ///
    /// let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
    ///     .with_safe_default_protocol_versions()?
    ///     // In a program, those of the system or of its own authority.
    ///     .with_root_certificates(RootCertStore::empty())
    ///     .with_no_client_auth();
    /// let target = HttpTarget::tls("https://metrics.example.com/", Arc::new(config))?;
    /// assert_eq!(target.url(), "https://metrics.example.com");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    #[cfg(feature = "tls")]
    pub fn tls(
        url: &str,
        config: std::sync::Arc<rustls::ClientConfig>,
    ) -> Result<Self, MetricError> {
        Self::checked(Client::tls(config), url)
    }

    fn checked(client: Client, url: &str) -> Result<Self, MetricError> {
        let refuse = |why: &str| Err(MetricError::setting(format!("`{url}`: {why}")));
        let Ok(uri) = url.parse::<Uri>() else {
            return refuse("this is no URL");
        };
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            // Not repeated here either.
            return Err(MetricError::setting(
                "a URL is logged, so user and password are set apart from it".to_owned(),
            ));
        }
        match (uri.scheme_str(), client.is_tls()) {
            (Some("http"), false) | (Some("https"), true) => {}
            (Some("https"), false) => return refuse("`https` is for `HttpTarget::tls`"),
            (Some("http"), true) => return refuse("`http` is for `HttpTarget::new`"),
            _ => return refuse("it begins with `http://` or `https://`"),
        }
        if has_impossible_port(&uri) {
            // It would be taken for none, and another server asked.
            return refuse("its port is not one from 0 to 65535");
        }
        if url.contains(['?', '#']) {
            return refuse("a query is added to it, so it has none of its own");
        }
        Ok(Self { client, url: url.trim_end_matches('/').into() })
    }

    /// The URL, without slashes at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The client and the URL with `rest` appended, which is a path and a query.
    pub(crate) fn join(&self, rest: &str) -> Result<(Client, Uri), MetricError> {
        let uri = format!("{}{rest}", self.url).parse();
        let uri = uri.map_err(|_| MetricError::setting(format!("`{rest}`: this is no path")))?;
        Ok((self.client.clone(), uri))
    }
}

/// Whether there is text where a port belongs that is no port. `Uri` takes any number there.
fn has_impossible_port(uri: &Uri) -> bool {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let after_host = authority.rsplit_once(']').map_or(authority, |(_, rest)| rest);
    let port = after_host.rsplit_once(':').map_or("", |(_, port)| port);
    !port.is_empty() && uri.port_u16().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_cannot_be_used_is_refused_with_the_reason() {
        let check = |url, expected: &str| {
            let error = HttpTarget::new(url).unwrap_err();
            assert!(error.is_invalid_setting());
            let text = error.to_string();
            assert!(text.contains(expected), "{text}");
            assert!(!text.contains("secret"), "{text}");
        };
        check("", "no URL");
        check("localhost:8086", "begins with");
        check("/write", "begins with");
        check("ftp://x", "begins with");
        check("https://x", "`HttpTarget::tls`");
        check("http://me:secret@x", "set apart");
        check("http://x/?a=b", "none of its own");
        check("http://x:99999", "its port");
        check("http://[::1]:65536/a", "its port");
        for url in ["http://[::1]", "http://[::1]:8086", "http://x:", "http://x:65535"] {
            assert!(HttpTarget::new(url).is_ok(), "{url}");
        }
        let target = HttpTarget::new("http://x:1/a//").unwrap();
        assert_eq!(target.join("/write?db=d").unwrap().1, "http://x:1/a/write?db=d");
        assert!(target.join("/a b").unwrap_err().is_invalid_setting());
    }
}
