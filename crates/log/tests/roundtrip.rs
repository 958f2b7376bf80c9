//! Whatever is logged can be read back: JSON by a JSON parser, logfmt by splitting it.

use std::collections::HashMap;

use oxkit_log::{Format, Lines, Logger, SyncWriter, Value};
use proptest::{collection::vec, prelude::*};

/// A value, and what a JSON parser must make of it.
#[derive(Debug, Clone)]
enum Any {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F64(f64),
    Text(String),
    Shown(String),
}

impl Any {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::I64(value) => Value::I64(*value),
            Self::U64(value) => Value::U64(*value),
            Self::F64(value) => Value::F64(*value),
            Self::Text(text) => Value::Str(text),
            Self::Shown(text) => Value::display(text),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::I64(value) => (*value).into(),
            Self::U64(value) => (*value).into(),
            Self::Text(text) | Self::Shown(text) => text.as_str().into(),
            Self::F64(_) => unreachable!("compared as a number"),
        }
    }

    fn text(&self) -> String {
        self.value().to_string()
    }
}

/// Text of all sorts, among it much of what must be escaped.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_.]{1,12}",
        ".{0,12}",
        "[ =\"\\\\\n\r\t\u{0}-\u{20}\u{7f}-\u{a0}]{0,8}",
        vec(any::<char>(), 0..12).prop_map(String::from_iter),
        Just("null".to_owned()),
        Just("\u{2028}\u{2029}\u{fffd}".to_owned()),
    ]
}

fn any_value() -> impl Strategy<Value = Any> {
    prop_oneof![
        Just(Any::Null),
        any::<bool>().prop_map(Any::Bool),
        any::<i64>().prop_map(Any::I64),
        any::<u64>().prop_map(Any::U64),
        any::<f64>()
            .prop_filter("JSON has only finite numbers", |value| value.is_finite())
            .prop_map(Any::F64),
        text().prop_map(Any::Text),
        text().prop_map(Any::Shown),
    ]
}

fn line(format: Format, pairs: &[(String, Any)]) -> String {
    let output = SyncWriter::new(Vec::new());
    let logger = Logger::new(Lines::new(format, output.clone()));
    let pairs: Vec<_> = pairs.iter().map(|(key, any)| (key.as_str(), any.value())).collect();
    logger.try_log(None, &pairs).expect("the keys are valid");
    let line = String::from_utf8(output.lock().clone()).expect("a line is UTF-8");
    assert_eq!(line.find('\n'), Some(line.len() - 1), "one line: {line:?}");
    assert!(!line[..line.len() - 1].contains(char::is_control), "{line:?}");
    line
}

/// Splits a line of logfmt; `None` is the bare `null`.
fn split(line: &str) -> Vec<(String, Option<String>)> {
    let mut pairs = Vec::new();
    let mut rest = line.trim_end_matches('\n');
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').expect("a key and a value");
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = closing_quote(quoted);
                let text = serde_json::from_str(&after[..end + 2]).expect("escapes as in JSON");
                (Some(text), &quoted[end + 1..])
            }
            None => {
                let (bare, after) = after.split_at(after.find(' ').unwrap_or(after.len()));
                ((bare != "null").then(|| bare.to_owned()), after)
            }
        };
        pairs.push((key.to_owned(), value));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    pairs
}

fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    text.bytes()
        .position(|byte| {
            let ends = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            ends
        })
        .expect("a closing quote")
}

proptest! {
    #[test]
    fn a_json_line_parses_to_the_values_and_the_last_of_a_key_wins(
        pairs in vec((text(), any_value()), 0..12),
    ) {
        let line = line(Format::Json, &pairs);
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        let expected: HashMap<_, _> = pairs.iter().map(|(key, any)| (key.as_str(), any)).collect();
        let keys = expected.len();
        for (key, any) in expected {
            match any {
                Any::F64(value) => {
                    // Whole numbers read as integers, and this parser is quick rather than exact.
                    let read = read[key].as_f64().unwrap();
                    prop_assert!((read - value).abs() <= value.abs() * 1e-15, "{} {}", read, value);
                }
                _ => prop_assert_eq!(&read[key], &any.json()),
            }
        }
        // The parser would accept a repeated key.
        let members = serde_json::Deserializer::from_str(&line).into_iter::<Members>();
        for members in members {
            prop_assert_eq!(members.unwrap().0, keys);
        }
    }

    #[test]
    fn a_logfmt_line_splits_back_into_its_pairs(
        pairs in vec(("[a-z]{1,6}", any_value()), 0..12),
    ) {
        let line = line(Format::Logfmt, &pairs);
        let expected: Vec<_> = pairs
            .iter()
            .map(|(key, any)| {
                let text = (!matches!(any, Any::Null)).then(|| any.text());
                (key.clone(), text)
            })
            .collect();
        prop_assert_eq!(split(&line), expected);
    }

    #[test]
    fn context_comes_out_as_if_the_event_had_said_it(
        context in vec(("[a-e]", text()), 0..4),
        own in vec(("[a-e]", text()), 0..4),
    ) {
        for format in [Format::Json, Format::Logfmt] {
            let output = SyncWriter::new(Vec::new());
            let mut logger = Logger::new(Lines::new(format, output.clone()));
            for (key, text) in &context {
                logger = logger.with(key.clone(), text.clone());
            }
            let pairs: Vec<_> = own.iter().map(|(key, text)| (key.as_str(), text.into())).collect();
            logger.log(&pairs);
            let all: Vec<_> = context
                .iter()
                .chain(&own)
                .map(|(key, text)| (key.clone(), Any::Text(text.clone())))
                .collect();
            let written = String::from_utf8(output.lock().clone()).unwrap();
            prop_assert_eq!(written, line(format, &all));
        }
    }
}

/// How many members a JSON object has, repeated ones included.
struct Members(usize);

impl<'de> serde::Deserialize<'de> for Members {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;

        impl<'de> serde::de::Visitor<'de> for Count {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Members, A::Error> {
                let mut count = 0;
                while map.next_entry::<serde::de::IgnoredAny, serde::de::IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Members(count))
            }
        }

        deserializer.deserialize_map(Count)
    }
}
