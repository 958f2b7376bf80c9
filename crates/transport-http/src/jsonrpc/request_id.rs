//! The identifier of one call.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

/// The identifier of one call: a number, a string or null, chosen by the caller and sent back with
/// the answer.
///
/// It keeps its kind and, if it is a number, its very digits: `1`, `1.0` and `"1"` are three
/// identifiers, and one that no machine integer can hold comes back as it was sent. Small
/// identifiers allocate nothing; a clone shares the text of the others.
///
/// Not to be confused with [`oxkit_core::RequestId`], which follows a request through several
/// services.
///
/// ```
/// use oxkit_transport_http::jsonrpc::RequestId;
///
/// let id = RequestId::from(7);
/// assert_eq!((id.as_u64(), id.as_str()), (Some(7), None));
/// assert_eq!(id.to_string(), "7");
///
/// let text = RequestId::from("7");
/// assert_eq!((text.as_u64(), text.as_str()), (None, Some("7")));
/// assert_eq!(text.to_string(), r#""7""#);
/// assert_ne!(id, text);
/// ```
///
/// To and from JSON by `serde_json` alone: other formats have no raw numbers.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct RequestId(Repr);

#[derive(Clone, PartialEq, Eq, Hash, Default)]
enum Repr {
    #[default]
    Null,
    Integer(u64),
    /// The text of a number that is no `u64` in its only form.
    Number(Arc<str>),
    String(Arc<str>),
}

impl RequestId {
    /// Null: what an answer carries when the identifier of its call could not be read.
    pub const NULL: Self = Self(Repr::Null);

    /// Reads it from JSON. `None` if that is neither a number, a string nor null.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        let repr = match text.as_bytes().first()? {
            b'n' => Repr::Null,
            b'"' => Repr::String(serde_json::from_str::<String>(text).ok()?.into()),
            b'-' => Repr::Number(text.into()),
            // JSON knows no leading zeros, so digits alone have one form only.
            b'0'..=b'9' => text.parse().map_or_else(|_| Repr::Number(text.into()), Repr::Integer),
            _ => return None,
        };
        Some(Self(repr))
    }

    /// Whether it is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self.0, Repr::Null)
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.0 {
            Repr::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is a whole one in range that was sent without a fraction or an exponent.
    #[must_use]
    pub const fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if it is a whole one in range that was sent without a fraction or an exponent.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Integer(number) => i64::try_from(*number).ok(),
            Repr::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// The number as the closest floating-point one, if it is a number.
    ///
    /// ```
    /// use oxkit_transport_http::jsonrpc::RequestId;
    ///
    /// assert_eq!(RequestId::from(7).as_f64(), Some(7.0));
    /// assert_eq!(RequestId::from("7").as_f64(), None);
    /// ```
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            #[expect(clippy::cast_precision_loss, reason = "the closest one is what is asked for")]
            Repr::Integer(number) => Some(*number as f64),
            Repr::Number(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl From<u64> for RequestId {
    fn from(number: u64) -> Self {
        Self(Repr::Integer(number))
    }
}

impl From<&str> for RequestId {
    fn from(text: &str) -> Self {
        Self(Repr::String(text.into()))
    }
}

impl From<String> for RequestId {
    fn from(text: String) -> Self {
        Self(Repr::String(text.into()))
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Repr::Null => serializer.serialize_unit(),
            Repr::Integer(number) => serializer.serialize_u64(*number),
            Repr::String(text) => serializer.serialize_str(text),
            Repr::Number(text) => match serde_json::from_str::<&RawValue>(text) {
                Ok(raw) => raw.serialize(serializer),
                Err(error) => Err(ser::Error::custom(error)),
            },
        }
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::read(&raw).ok_or_else(|| de::Error::custom("expected a string, a number or null"))
    }
}

/// As JSON, so that a number can be told from a string.
impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Null => f.pad("null"),
            Repr::Integer(number) => fmt::Display::fmt(number, f),
            Repr::Number(text) => f.pad(text),
            Repr::String(text) => f.pad(&serde_json::to_string(&**text).unwrap_or_default()),
        }
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<RequestId> {
        RequestId::read(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn each_comes_back_as_it_was_sent() {
        for text in [
            "null",
            "0",
            "1",
            "-1",
            "1.0",
            "1e3",
            "18446744073709551615",
            "18446744073709551616",
            "123456789012345678901234567890.5",
            r#""""#,
            r#""1""#,
            r#""a \"quoted\" \\ id\n""#,
        ] {
            let id = read(text).unwrap();
            assert_eq!(serde_json::to_string(&id).unwrap(), text);
            assert_eq!(id.to_string(), text);
            assert_eq!(serde_json::from_str::<RequestId>(text).unwrap(), id);
        }
    }

    #[test]
    fn what_is_neither_number_nor_string_nor_null_is_none() {
        for text in ["true", "false", "[]", "[1]", "{}", r#""\ud800""#] {
            assert_eq!(read(text), None, "{text}");
            assert!(serde_json::from_str::<RequestId>(text).is_err());
        }
    }

    #[test]
    fn numbers_are_told_apart_by_their_text_and_strings_by_their_characters() {
        assert_ne!(read("1"), read("1.0"));
        assert_ne!(read("1"), read(r#""1""#));
        assert_eq!(read(r#""A""#), read(r#""\u0041""#));
    }

    #[test]
    fn numbers_are_readable() {
        let number = |text| {
            let id = read(text).unwrap();
            (id.as_u64(), id.as_i64(), id.as_f64())
        };
        assert_eq!(number("7"), (Some(7), Some(7), Some(7.0)));
        assert_eq!(number("-7"), (None, Some(-7), Some(-7.0)));
        assert_eq!(number("7.5"), (None, None, Some(7.5)));
        assert_eq!(number("18446744073709551615").1, None);
        assert_eq!(number("null"), (None, None, None));
        assert_eq!(number(r#""7""#), (None, None, None));
    }
}
