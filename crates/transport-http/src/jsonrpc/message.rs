//! Messages as they are on the wire.

use std::{borrow::Cow, fmt};

use http::HeaderValue;
use serde::de::{
    DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Deserializer, value::RawValue};

/// The content type of every message.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// The raw values of those members of a JSON object that have one of `names`; others are skipped.
///
/// Raw, because each is only understood once it is known what the message is, and because nesting
/// costs no stack that way.
///
/// # Errors
///
/// The text is no JSON, no object, or has one of the names twice: which of the two counts would be
/// for each reader to guess. [`is_data`](serde_json::Error::is_data) tells the last two from the
/// first.
pub(super) fn members<'a, const N: usize>(
    text: &'a str,
    names: &[&str; N],
) -> serde_json::Result<[Option<&'a RawValue>; N]> {
    let mut deserializer = Deserializer::from_str(text);
    let found = deserializer.deserialize_map(Members(names))?;
    deserializer.end()?;
    Ok(found)
}

struct Members<'n, const N: usize>(&'n [&'n str; N]);

impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
    type Value = [Option<&'de RawValue>; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        while let Some(at) = map.next_key_seed(Name(self.0))? {
            let Some(at) = at else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if found[at].replace(map.next_value()?).is_some() {
                return Err(A::Error::custom(format_args!("there are two `{}`", self.0[at])));
            }
        }
        Ok(found)
    }
}

/// Which of the names a key is.
struct Name<'n>(&'n [&'n str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|name| *name == key))
    }
}

/// The elements of a JSON array.
pub(super) struct Elements<'a> {
    /// At most as many as were asked for.
    pub(super) first: Vec<&'a RawValue>,
    /// Whether there are more.
    pub(super) more: bool,
}

/// The first `limit` elements of a JSON array, raw. What follows them is checked and not kept.
///
/// # Errors
///
/// The text is no JSON array.
pub(super) fn elements(text: &str, limit: usize) -> serde_json::Result<Elements<'_>> {
    let mut deserializer = Deserializer::from_str(text);
    let found = deserializer.deserialize_seq(First(limit))?;
    deserializer.end()?;
    Ok(found)
}

struct First(usize);

impl<'de> Visitor<'de> for First {
    type Value = Elements<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut first = Vec::new();
        while first.len() < self.0 {
            match seq.next_element()? {
                Some(element) => first.push(element),
                None => return Ok(Elements { first, more: false }),
            }
        }
        let mut more = false;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            more = true;
        }
        Ok(Elements { first, more })
    }
}

/// The text of a JSON string; `None` if it is something else.
pub(super) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    // Without escapes, which is nearly always, it needs no copy.
    serde_json::from_str::<&str>(raw.get())
        .map(Cow::Borrowed)
        .or_else(|_| serde_json::from_str::<String>(raw.get()).map(Cow::Owned))
        .ok()
}

/// Whether the member `jsonrpc` says the version this is.
pub(super) fn is_version_2(version: Option<&RawValue>) -> bool {
    version.and_then(string).is_some_and(|version| version == "2.0")
}

/// The first character that is no white space, which tells what kind of value follows.
pub(super) fn first_of(text: &str) -> Option<u8> {
    text.bytes().find(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'))
}
