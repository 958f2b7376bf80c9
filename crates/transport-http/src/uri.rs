//! Addresses put together.

use http::{
    Uri,
    uri::{Parts, PathAndQuery},
};

/// `target`'s path and query below `base`: `http://host/api` and `/todos?page=2` make
/// `http://host/api/todos?page=2`.
///
/// Exactly one slash stands between the two paths. A query of the base comes first.
///
/// # Errors
///
/// The two do not make an address. Nothing may be sent then: the target, which a caller may have
/// written, can name a server of its own.
pub(crate) fn join(base: &Uri, target: &Uri) -> Result<Uri, JoinError> {
    if base.scheme().is_none() || base.authority().is_none() {
        return Err(JoinError::NoServer);
    }
    let mut parts = Parts::default();
    parts.scheme = base.scheme().cloned();
    parts.authority = base.authority().cloned();
    parts.path_and_query = path(base, target);
    Uri::from_parts(parts).map_err(|_| JoinError::TooLong)
}

/// Why two addresses could not be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinError {
    /// The base names no server.
    NoServer,
    /// The path is longer than an address can hold, which is 65,534 bytes.
    TooLong,
}

impl JoinError {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::NoServer => "the base address names no server",
            Self::TooLong => "the address is too long",
        }
    }
}

fn path(base: &Uri, target: &Uri) -> Option<PathAndQuery> {
    let prefix = base.path().trim_end_matches('/');
    if prefix.is_empty() && base.query().is_none() && target.path().starts_with('/') {
        // The usual base is a host alone, and the target's text can be shared.
        return target.path_and_query().cloned();
    }
    let mut text = String::from(prefix);
    text.push('/');
    text.push_str(target.path().trim_start_matches('/'));
    let queries = [base.query(), target.query()];
    for (at, query) in queries.into_iter().flatten().filter(|query| !query.is_empty()).enumerate() {
        text.push(if at == 0 { '?' } else { '&' });
        text.push_str(query);
    }
    PathAndQuery::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_stands_between_and_queries_are_put_together() {
        for (base, target, joined) in [
            ("http://h", "/x", "http://h/x"),
            ("http://h/", "/x?q=1", "http://h/x?q=1"),
            ("http://h/base", "/x", "http://h/base/x"),
            ("http://h/base/", "/x", "http://h/base/x"),
            ("http://h/base?k=v", "/x", "http://h/base/x?k=v"),
            ("http://h/base?k=v", "/x?q=1", "http://h/base/x?k=v&q=1"),
            ("http://h:81/a", "http://other/b", "http://h:81/a/b"),
            ("http://h/a", "/", "http://h/a/"),
            ("http://h/a", "/%2e%2e/b", "http://h/a/%2e%2e/b"),
        ] {
            let got = join(&base.parse().unwrap(), &target.parse().unwrap());
            assert_eq!(got.unwrap(), joined, "{base} and {target}");
        }
    }

    #[test]
    fn what_makes_no_address_never_goes_to_the_target() {
        let long = format!("http://evil.example/{}", "a".repeat(65_500));
        let base = format!("http://h/{}", "base".repeat(20));
        for (base, target, error) in [
            (base.as_str(), long.as_str(), JoinError::TooLong),
            ("/only/a/path", "http://evil.example/", JoinError::NoServer),
            ("host.only:80", "http://evil.example/", JoinError::NoServer),
        ] {
            let got = join(&base.parse().unwrap(), &target.parse().unwrap());
            assert_eq!(got, Err(error), "{base}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_target_it_is_sent_to_the_base(target in "/[!-~]{0,40}|[!-~]{0,40}") {
            let base = "http://base.example:81/api".parse().unwrap();
            if let Ok(target) = target.parse::<Uri>() {
                let joined = join(&base, &target).unwrap();
                proptest::prop_assert_eq!(joined.authority(), base.authority());
                proptest::prop_assert!(joined.path().starts_with("/api/"));
                proptest::prop_assert_eq!(joined.query().unwrap_or(""), target.query().unwrap_or(""));
            }
        }
    }
}
