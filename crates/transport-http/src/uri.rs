//! Addresses put together.

use http::{
    Uri,
    uri::{Parts, PathAndQuery},
};

/// `target`'s path and query below `base`: `http://host/api` and `/todos?page=2` make
/// `http://host/api/todos?page=2`.
///
/// Exactly one slash stands between the two paths. A query of the base comes first. Where that does
/// not make an address, which takes a base without a host or a path of many kilobytes, it is the
/// target as it is.
pub(crate) fn join(base: &Uri, target: &Uri) -> Uri {
    let mut parts = Parts::default();
    parts.scheme = base.scheme().cloned();
    parts.authority = base.authority().cloned();
    parts.path_and_query = path(base, target);
    Uri::from_parts(parts).unwrap_or_else(|_| target.clone())
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
            assert_eq!(got, joined, "{base} and {target}");
        }
    }

    proptest::proptest! {
        #[test]
        fn whatever_the_target_it_is_sent_to_the_base(target in "/[!-~]{0,40}|[!-~]{0,40}") {
            let base = "http://base.example:81/api".parse().unwrap();
            if let Ok(target) = target.parse::<Uri>() {
                let joined = join(&base, &target);
                proptest::prop_assert_eq!(joined.authority(), base.authority());
                proptest::prop_assert!(joined.path().starts_with("/api/"));
                proptest::prop_assert_eq!(joined.query().unwrap_or(""), target.query().unwrap_or(""));
            }
        }
    }
}
