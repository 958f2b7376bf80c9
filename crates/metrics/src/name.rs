//! Names that every monitoring system can express.

use crate::{Kind, MetricError};

/// Checks the name of a metric.
pub(crate) fn check_metric(name: &str) -> Result<(), MetricError> {
    if is_identifier(name) {
        return Ok(());
    }
    Err(MetricError::name(explain("metric", name)))
}

/// Checks the names of a metric's labels.
pub(crate) fn check_labels(kind: Kind, names: &[&str]) -> Result<(), MetricError> {
    for (at, name) in names.iter().enumerate() {
        if !is_identifier(name) {
            return Err(MetricError::label_name(explain("label", name)));
        }
        if name.starts_with("__") {
            return Err(MetricError::label_name(format!(
                "a label cannot be named `{name}`: names that begin with `__` belong to Prometheus"
            )));
        }
        if kind == Kind::Histogram && matches!(*name, "le" | "quantile") {
            return Err(MetricError::label_name(format!(
                "a label of a histogram cannot be named `{name}`: \
                 Prometheus tells the parts of the histogram apart by it"
            )));
        }
        if names[..at].contains(name) {
            return Err(MetricError::label_name(format!("two labels are named `{name}`")));
        }
    }
    Ok(())
}

fn is_identifier(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphabetic() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn explain(what: &str, name: &str) -> String {
    let rule = format!(
        "`{}` cannot name a {what}: a name has ASCII letters, digits and `_`, \
         and does not begin with a digit",
        name.escape_debug()
    );
    let close = close(name);
    if close.chars().any(|c| c != '_') { format!("{rule}; `{close}` would do") } else { rule }
}

/// The name that is closest to this one, if it has a letter or a digit.
pub(crate) fn close(name: &str) -> String {
    let mut close: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    if close.is_empty() || close.starts_with(|c: char| c.is_ascii_digit()) {
        close.insert(0, '_');
    }
    close
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_error_says_what_would_do() {
        let check = |name: &str, expected: &str| {
            let error = check_metric(name).unwrap_err();
            assert!(error.is_invalid_name());
            let text = error.to_string();
            assert!(text.ends_with(expected), "{text}");
        };
        check("http.requests", "; `http_requests` would do");
        check("2xx", "; `_2xx` would do");
        check("größe", "; `gr__e` would do");
        check("a:b", "; `a_b` would do");
        check("", "does not begin with a digit");
        check("日本", "does not begin with a digit");
        check("a\nb", "; `a_b` would do");
    }

    #[test]
    fn labels_that_a_backend_needs_for_itself_are_refused() {
        let check = |kind, names: &[&str], expected: &str| {
            let text = check_labels(kind, names).unwrap_err().to_string();
            assert!(text.contains(expected), "{text}");
        };
        check(Kind::Counter, &["__name__"], "belong to Prometheus");
        check(Kind::Histogram, &["le"], "cannot be named `le`");
        check(Kind::Histogram, &["quantile"], "cannot be named `quantile`");
        check(Kind::Gauge, &["a", "b", "a"], "two labels are named `a`");
        check(Kind::Gauge, &["a-b"], "`a_b` would do");
        assert!(check_labels(Kind::Counter, &["le", "quantile"]).is_ok());
    }

    proptest! {
        #[test]
        fn what_is_said_would_do_does(name in ".*") {
            if let Err(error) = check_metric(&name) {
                let text = error.to_string();
                if let Some(proposed) = text.strip_suffix("` would do").and_then(|t| t.rsplit('`').next()) {
                    prop_assert!(check_metric(proposed).is_ok(), "{}", text);
                }
            }
        }
    }
}
