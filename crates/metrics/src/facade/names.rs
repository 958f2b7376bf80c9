//! Names of the facade, which may be any text, as names that every monitoring system can express.

use crate::{Kind, name, own};

/// The name of a metric: what is no ASCII letter, digit or `_` becomes `_`.
pub(super) fn metric(given: &str) -> String {
    let mut name = name::close(given);
    if name.starts_with(own::PREFIX) {
        name.insert(0, '_');
    }
    name
}

/// The names under which a metric may be kept, the best first: its own; told apart by its labels, for
/// a backend that has no labels; told apart by its kind.
pub(super) fn candidates(name: &str, kind: Kind, labels: &[(String, &str)]) -> [String; 3] {
    let mut by = name.to_owned();
    for (at, (label, _)) in labels.iter().enumerate() {
        by.push_str(if at == 0 { "_by_" } else { "_" });
        by.push_str(label);
    }
    let of_kind = format!("{by}_{kind}");
    [name.to_owned(), by, of_kind]
}

/// The labels in the order of their names, each name once.
///
/// Of a name that is given twice the last value counts. Names that become the same are told apart
/// by `_2`, `_3` and so on, in the order of what they were.
pub(super) fn labels<'a>(
    kind: Kind,
    given: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<(String, &'a str)> {
    let mut all: Vec<(&str, &str)> = Vec::new();
    for (name, value) in given {
        match all.iter_mut().find(|(have, _)| *have == name) {
            Some(there) => there.1 = value,
            None => all.push((name, value)),
        }
    }
    all.sort_unstable();
    let mut named: Vec<(String, &str)> = Vec::with_capacity(all.len());
    for (given, value) in all {
        let mut name = label(kind, given);
        // Not `__2`, which would begin with two.
        let length = if name == "_" { 0 } else { name.len() };
        for number in 2.. {
            if named.iter().all(|(have, _)| *have != name) {
                break;
            }
            name.truncate(length);
            name.push_str(&format!("_{number}"));
        }
        named.push((name, value));
    }
    named.sort_unstable();
    named
}

fn label(kind: Kind, given: &str) -> String {
    let mut name = name::close(given);
    if name.starts_with("__") {
        // Prometheus keeps such names to itself.
        name.replace_range(..name.len() - name.trim_start_matches('_').len(), "_");
    }
    if kind == Kind::Histogram && matches!(&*name, "le" | "quantile") {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_no_system_can_express_becomes_an_underscore() {
        let check = |given: &str, expected: &str| assert_eq!(metric(given), expected);
        check("http_requests", "http_requests");
        check("http.requests", "http_requests");
        check("2xx", "_2xx");
        check("größe", "gr__e");
        check("", "_");
        check("日本", "__");
        check("oxkit_metrics_rejected_total", "_oxkit_metrics_rejected_total");
    }

    #[test]
    fn labels_keep_their_values_whatever_their_names_become() {
        let check = |kind, given: &[(&str, &str)], expected: &[(&str, &str)]| {
            let named = labels(kind, given.iter().copied());
            let named: Vec<_> = named.iter().map(|(name, value)| (&**name, *value)).collect();
            assert_eq!(named, expected);
        };
        let (counter, histogram) = (Kind::Counter, Kind::Histogram);
        check(counter, &[("b", "1"), ("a", "2")], &[("a", "2"), ("b", "1")]);
        check(counter, &[("a", "1"), ("a", "2")], &[("a", "2")]);
        check(
            counter,
            &[("a_b", "1"), ("a.b", "2"), ("a-b", "3")],
            &[("a_b", "3"), ("a_b_2", "2"), ("a_b_3", "1")],
        );
        check(counter, &[("__name__", "1"), ("", "2")], &[("_", "2"), ("_name__", "1")]);
        check(counter, &[("\u{e4}", "1"), ("", "2")], &[("_", "2"), ("_2", "1")]);
        check(counter, &[("le", "1")], &[("le", "1")]);
        check(histogram, &[("le", "1"), ("quantile", "2")], &[("le_", "1"), ("quantile_", "2")]);
    }

    proptest! {
        #[test]
        fn any_name_becomes_one_that_is_taken(
            given in ".*",
            pairs in prop::collection::vec(("[a._\u{e4}]{0,3}|.*", ".*"), 0..6),
        ) {
            prop_assert!(name::check_metric(&metric(&given)).is_ok());
            for kind in [Kind::Counter, Kind::Histogram] {
                let named = labels(kind, pairs.iter().map(|(name, value)| (&**name, &**value)));
                let names: Vec<_> = named.iter().map(|(name, _)| &**name).collect();
                prop_assert!(name::check_labels(kind, &names).is_ok(), "{:?}", names);
                for candidate in candidates(&metric(&given), kind, &named) {
                    prop_assert!(name::check_metric(&candidate).is_ok(), "{}", candidate);
                }
            }
        }
    }
}
