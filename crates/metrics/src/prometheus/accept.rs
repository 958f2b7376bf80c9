//! Which format a scrape wants.

/// A format of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// The text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl Format {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// The format that an `Accept` header prefers (RFC 9110, 12.5.1). Where it prefers neither, the one
/// it names first; where it names none, text.
pub(super) fn choose(accept: Option<&str>) -> Format {
    let mut best = (Format::Text, 0.0);
    for range in accept.unwrap_or_default().split(',') {
        if let Some((format, quality)) = understand(range)
            && quality > best.1
        {
            best = (format, quality);
        }
    }
    best.0
}

fn understand(range: &str) -> Option<(Format, f32)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?;
    let (mut version, mut quality) = (None, 1.0);
    for parameter in parts {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        match name.trim() {
            name if name.eq_ignore_ascii_case("version") => version = Some(value),
            name if name.eq_ignore_ascii_case("q") => quality = value.parse().ok()?,
            // Such as a character set, or how names are to be escaped: ours need no escape.
            _ => {}
        }
    }
    let is = |expected: &str| media.eq_ignore_ascii_case(expected);
    let format = if is("application/openmetrics-text") {
        matches!(version, None | Some("1.0.0" | "0.0.1")).then_some(Format::OpenMetrics)
    } else if is("text/plain") || is("text/*") || is("*/*") {
        matches!(version, None | Some("0.0.4")).then_some(Format::Text)
    } else {
        None
    };
    Some((format?, quality))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_format_that_is_preferred_is_chosen() {
        let check = |accept: &str, expected| assert_eq!(choose(Some(accept)), expected, "{accept}");
        let (text, open) = (Format::Text, Format::OpenMetrics);
        assert_eq!(choose(None), text);
        // As Prometheus 2.42 and 3 send it.
        check(
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;\
             version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            open,
        );
        check(
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
             application/openmetrics-text;version=0.0.1;q=0.4,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            open,
        );
        check("*/*", text);
        check("text/html, */*;q=0.8", text);
        check("application/json", text);
        check("application/openmetrics-text", open);
        check("APPLICATION/OpenMetrics-Text; Version=\"1.0.0\"; Q=0.3", open);
        check("application/openmetrics-text;version=2.0.0", text);
        check("application/openmetrics-text;q=0.1, text/plain;q=0.9", text);
        check("text/plain;q=0.1, application/openmetrics-text;q=0.9", open);
        check("application/openmetrics-text;q=0", text);
        check("application/openmetrics-text;q=high", text);
        check("application/openmetrics-text;version", text);
        check("", text);
        check(",;,=;q", text);
    }

    proptest! {
        #[test]
        fn any_header_is_answered(accept in ".*") {
            choose(Some(&accept));
        }
    }
}
