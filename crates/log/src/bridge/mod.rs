//! To and from the two facades of the ecosystem.

#[cfg(feature = "log")]
pub(crate) mod facade;
#[cfg(feature = "tracing")]
pub(crate) mod layer;
#[cfg(feature = "tracing")]
pub(crate) mod to_tracing;

#[cfg(any(feature = "log", feature = "tracing"))]
use crate::{Record, StoredValue, Value};

/// An event as a facade wants it: the text of `msg` apart from the other pairs.
#[cfg(any(feature = "log", feature = "tracing"))]
struct Split {
    message: String,
    pairs: Vec<(String, StoredValue)>,
}

#[cfg(any(feature = "log", feature = "tracing"))]
impl Split {
    fn of(record: &Record<'_>) -> Self {
        let mut split = Self { message: String::new(), pairs: Vec::new() };
        record.visit(&mut |key, value| match key {
            // The facade has a level of its own.
            "level" => {}
            "msg" => split.message = crate::format::to_text(&value),
            _ => split.pairs.push((
                key.to_owned(),
                match value {
                    // Only texts can be lent to a facade that has no such kinds.
                    Value::Duration(_) | Value::Time(_) => StoredValue::display(value),
                    _ => StoredValue::copy_of(value),
                },
            )),
        });
        split
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, Value<'_>)> {
        self.pairs.iter().map(|(key, value)| (key.as_str(), value.constant().unwrap_or_default()))
    }
}
