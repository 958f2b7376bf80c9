//! From the bytes of a body to calls.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::Params;
use crate::jsonrpc::{
    Error, RequestId, codes,
    message::{elements, first_of, is_version_2, members, string},
};

/// What a body holds.
pub(super) enum Message<'a> {
    One(Result<Incoming<'a>, Invalid>),
    Batch(Vec<&'a RawValue>),
}

/// A message that is a request.
pub(super) struct Incoming<'a> {
    pub(super) method: Cow<'a, str>,
    pub(super) params: Params<'a>,
    pub(super) id: Option<RequestId>,
}

/// A message that is no request.
#[derive(Debug)]
pub(super) struct Invalid {
    /// Null if it could not be read.
    pub(super) id: RequestId,
    pub(super) error: Error,
}

impl Invalid {
    fn of(id: RequestId, code: i64, message: String) -> Self {
        Self { id, error: Error::new(code, message) }
    }

    fn parse(error: impl std::fmt::Display) -> Self {
        let message = format!("JSON could not be decoded: {error}");
        Self::of(RequestId::NULL, codes::PARSE_ERROR, message)
    }

    fn request(id: RequestId, what: impl std::fmt::Display) -> Self {
        Self::of(id, codes::INVALID_REQUEST, format!("Invalid Request: {what}"))
    }
}

/// Reads a whole body: one request, or a batch of at most `limit`.
pub(super) fn read(body: &[u8], limit: usize) -> Message<'_> {
    match try_read(body, limit) {
        Ok(message) => message,
        Err(invalid) => Message::One(Err(invalid)),
    }
}

fn try_read(body: &[u8], limit: usize) -> Result<Message<'_>, Invalid> {
    let text = std::str::from_utf8(body).map_err(Invalid::parse)?;
    match first_of(text) {
        Some(b'[') => {
            let found = elements(text, limit).map_err(Invalid::parse)?;
            if found.more {
                let what = format_args!("the batch is longer than {limit}");
                return Err(Invalid::request(RequestId::NULL, what));
            }
            if found.first.is_empty() {
                return Err(Invalid::request(RequestId::NULL, "the batch is empty"));
            }
            Ok(Message::Batch(found.first))
        }
        Some(_) => Ok(Message::One(request(text))),
        None => Err(Invalid::parse("the body is empty")),
    }
}

/// Reads one request.
pub(super) fn request(text: &str) -> Result<Incoming<'_>, Invalid> {
    const NAMES: [&str; 4] = ["jsonrpc", "method", "params", "id"];
    let [version, method, params, id] = members(text, &NAMES).map_err(|error| {
        if error.is_data() {
            // What comes after may be anything: whether it is JSON at all goes first.
            match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => Invalid::request(RequestId::NULL, error),
                Err(error) => Invalid::parse(error),
            }
        } else {
            Invalid::parse(error)
        }
    })?;
    let id = match id.map(RequestId::read) {
        None => None,
        Some(Some(id)) => Some(id),
        Some(None) => {
            let what = "`id` must be a string, a number or null";
            return Err(Invalid::request(RequestId::NULL, what));
        }
    };
    let invalid = |what| Err(Invalid::request(id.clone().unwrap_or_default(), what));
    if !is_version_2(version) {
        return invalid("`jsonrpc` must be \"2.0\"");
    }
    let Some(method) = method.and_then(string) else {
        return invalid("`method` must be a string");
    };
    let params = match params.map(RawValue::get) {
        // Many clients write null for no parameters.
        None | Some("null") => Params(None),
        Some(text) if text.starts_with(['[', '{']) => Params(params),
        Some(_) => return invalid("`params` must be an array or an object"),
    };
    Ok(Incoming { method, params, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &str) -> (i64, String, String) {
        match read(body.as_bytes(), 2) {
            Message::One(Err(Invalid { id, error })) => (error.code, error.message, id.to_string()),
            _ => panic!("{body} was taken"),
        }
    }

    #[test]
    fn a_body_that_is_no_json_is_a_parse_error() {
        for body in ["", " ", "{", "[", "[1", "[1,]", "{}{}", "[1] 2", "nul", "\"", "{\"a\" 1}"] {
            let (code, message, id) = refused(body);
            assert_eq!((code, &*id), (codes::PARSE_ERROR, "null"), "{body}");
            assert!(message.starts_with("JSON could not be decoded: "), "{body}: {message}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_request_is_said_with_its_id_if_that_can_be_read() {
        for (body, message, id) in [
            (r#"{"method":"a","id":1}"#, r#"`jsonrpc` must be "2.0""#, "1"),
            (r#"{"jsonrpc":"1.0","method":"a","id":"x"}"#, r#"`jsonrpc` must be "2.0""#, r#""x""#),
            (r#"{"jsonrpc":2.0,"method":"a"}"#, r#"`jsonrpc` must be "2.0""#, "null"),
            (r#"{"jsonrpc":"2.0","id":1}"#, "`method` must be a string", "1"),
            (r#"{"jsonrpc":"2.0","method":7,"id":1}"#, "`method` must be a string", "1"),
            (
                r#"{"jsonrpc":"2.0","method":"a","params":7,"id":1}"#,
                "`params` must be an array or an object",
                "1",
            ),
            (
                r#"{"jsonrpc":"2.0","method":"a","id":true}"#,
                "`id` must be a string, a number or null",
                "null",
            ),
            ("[]", "the batch is empty", "null"),
            ("[1,2,3]", "the batch is longer than 2", "null"),
        ] {
            let expected = (codes::INVALID_REQUEST, format!("Invalid Request: {message}"));
            let (code, said, said_id) = refused(body);
            assert_eq!(((code, said), &*said_id), (expected, id), "{body}");
        }
        for body in ["7", "\"a\"", "null", "true"] {
            let (code, message, _) = refused(body);
            assert_eq!(code, codes::INVALID_REQUEST);
            assert!(message.contains("expected an object"), "{message}");
        }
    }

    #[test]
    fn a_member_that_is_there_twice_is_refused() {
        let (code, message, _) = refused(r#"{"jsonrpc":"2.0","method":"a","method":"b","id":1}"#);
        assert_eq!(code, codes::INVALID_REQUEST);
        assert!(message.contains("there are two `method`"), "{message}");
        assert_eq!(refused(r#"{"id":1,"id":2"#).0, codes::PARSE_ERROR);
    }

    #[test]
    fn names_may_be_escaped_and_unknown_members_are_skipped() {
        let body = r#" {"\u006asonrpc":"2.\u0030","x":[{}],"method":"\u0061","params":null} "#;
        let Message::One(Ok(incoming)) = read(body.as_bytes(), 2) else {
            panic!("it was refused");
        };
        assert_eq!(incoming.method, "a");
        assert_eq!(incoming.params.raw(), None);
        assert_eq!(incoming.id, None);
    }

    #[test]
    fn null_is_an_id_and_its_absence_a_notification() {
        let id = |text| request(text).unwrap().id;
        assert_eq!(id(r#"{"jsonrpc":"2.0","method":"a","id":null}"#), Some(RequestId::NULL));
        assert_eq!(id(r#"{"jsonrpc":"2.0","method":"a"}"#), None);
    }
}
