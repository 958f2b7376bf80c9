//! The unit that the name of a metric ends with.

/// A unit that names end with, by the convention of Prometheus and of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Seconds,
    Milliseconds,
    Bytes,
    Ratio,
}

impl Unit {
    /// The unit of what is called so: `request_duration_seconds`, `sent_bytes_total`.
    pub(crate) fn of(name: &str) -> Option<Self> {
        let name = name.strip_suffix("_total").unwrap_or(name);
        match name.rsplit('_').next()? {
            "seconds" => Some(Self::Seconds),
            "milliseconds" | "ms" => Some(Self::Milliseconds),
            "bytes" => Some(Self::Bytes),
            "ratio" => Some(Self::Ratio),
            _ => None,
        }
    }

    /// As OpenTelemetry has it: the Unified Code for Units of Measure.
    #[cfg(feature = "otlp")]
    pub(crate) const fn ucum(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
            Self::Bytes => "By",
            Self::Ratio => "1",
        }
    }

    /// As `CloudWatch` has it, if it has it.
    #[cfg(feature = "cloudwatch")]
    pub(crate) const fn cloudwatch(self) -> Option<&'static str> {
        match self {
            Self::Seconds => Some("Seconds"),
            Self::Milliseconds => Some("Milliseconds"),
            Self::Bytes => Some("Bytes"),
            Self::Ratio => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_with_its_unit() {
        let check = |name, expected| assert_eq!(Unit::of(name), expected, "{name}");
        check("endpoint_duration_seconds", Some(Unit::Seconds));
        check("seconds", Some(Unit::Seconds));
        check("cpu_seconds_total", Some(Unit::Seconds));
        check("work_ms", Some(Unit::Milliseconds));
        check("sent_bytes_total", Some(Unit::Bytes));
        check("cache_hit_ratio", Some(Unit::Ratio));
        check("requests_total", None);
        check("milliparsecs", None);
        check("total", None);
        check("", None);
    }
}
