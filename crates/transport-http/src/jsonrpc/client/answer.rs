//! What came back, checked.

use std::{error::Error as StdError, fmt};

use bytes::Bytes;
use http::Response;
use serde_json::value::RawValue;

use crate::{
    Body, ClientError,
    client::error_of,
    jsonrpc::{
        Error, RequestId,
        message::{is_version_2, members},
    },
};

/// How much of an answer with an error status is read.
const ERROR_LIMIT: u64 = 64 * 1024;

/// An error object that was received.
///
/// A type of its own so that a server which fails because of it does not take it for the error
/// object to answer with.
#[derive(Debug)]
pub(crate) struct Received(pub(crate) Error);

impl StdError for Received {}

impl fmt::Display for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {}: {}", self.0.code, self.0)
    }
}

/// An error object as the error of a call.
pub(super) fn failed(error: Error) -> ClientError {
    ClientError::told(&error).with_source(Received(error))
}

/// One answer.
pub(super) struct Answer<'a> {
    pub(super) id: RequestId,
    pub(super) outcome: Result<&'a RawValue, Error>,
}

impl<'a> Answer<'a> {
    /// Reads one answer and checks that it is one.
    pub(super) fn read(text: &'a str) -> Result<Self, ClientError> {
        const NAMES: [&str; 4] = ["jsonrpc", "result", "error", "id"];
        let [version, result, error, id] =
            members(text, &NAMES).map_err(ClientError::undecodable)?;
        if !is_version_2(version) {
            return Err(malformed("the answer is not of JSON-RPC 2.0"));
        }
        // Null stands for absent with servers that write both members always.
        let error = error.filter(|error| error.get() != "null");
        let id = match id {
            Some(id) => RequestId::read(id),
            // Servers leave it out where it should be null: when they could not read it.
            None => error.map(|_| RequestId::NULL),
        };
        let Some(id) = id else {
            return Err(malformed("the answer has no identifier"));
        };
        let outcome = match (result, error) {
            (Some(result), None) => Ok(result),
            (None, Some(error)) => Err(error),
            (Some(result), Some(error)) if result.get() == "null" => Err(error),
            (Some(_), Some(_)) => {
                return Err(malformed("the answer has both a result and an error"));
            }
            (None, None) => return Err(malformed("the answer has neither a result nor an error")),
        };
        let outcome = match outcome {
            Ok(result) => Ok(result),
            Err(error) => Err(serde_json::from_str(error.get()).map_err(ClientError::undecodable)?),
        };
        Ok(Self { id, outcome })
    }

    /// The result, if this is the answer to `expected`.
    ///
    /// An error without identifier is one, too: the server could not read what it was sent.
    pub(super) fn to(self, expected: &RequestId) -> Result<&'a RawValue, ClientError> {
        if self.id != *expected && !(self.id.is_null() && self.outcome.is_err()) {
            let text = format!("the answer is to call {}, not to {expected}", self.id);
            return Err(malformed(text));
        }
        self.outcome.map_err(failed)
    }
}

pub(super) fn malformed(text: impl Into<std::borrow::Cow<'static, str>>) -> ClientError {
    ClientError::malformed(text)
}

pub(super) fn utf8(bytes: &[u8]) -> Result<&str, ClientError> {
    std::str::from_utf8(bytes).map_err(ClientError::undecodable)
}

/// The body of a response that says success.
///
/// # Errors
///
/// What the response says otherwise. Many servers answer an error object with an error status: then
/// it is the error.
pub(super) async fn body_of(response: Response<Body>) -> Result<Bytes, ClientError> {
    if response.status().is_success() {
        return Ok(response.into_body().collect(u64::MAX).await?);
    }
    let (parts, body) = response.into_parts();
    // A text that does not arrive is no reason to lose the status.
    let bytes = body.collect(ERROR_LIMIT).await.unwrap_or_default();
    if let Ok(text) = utf8(&bytes)
        && let Ok(Answer { outcome: Err(error), .. }) = Answer::read(text)
    {
        return Err(failed(error));
    }
    Err(error_of(Response::from_parts(parts, bytes.into())).await)
}

#[cfg(test)]
mod tests {
    use oxkit_core::{ErrorKind, Failure};

    use super::*;

    fn check(text: &str) -> Result<String, ClientError> {
        let answer = Answer::read(text)?;
        answer.to(&7.into()).map(|result| result.get().to_owned())
    }

    #[test]
    fn a_result_is_given_raw() {
        for result in ["1.50", "null", r#"{"a": [1]}"#, "\"\""] {
            let text = format!(r#" {{"id":7,"result":{result},"jsonrpc":"2.0","x":1}} "#);
            assert_eq!(check(&text).unwrap(), result);
        }
        assert_eq!(check(r#"{"jsonrpc":"2.0","result":1,"error":null,"id":7}"#).unwrap(), "1");
    }

    #[test]
    fn an_error_object_is_the_error_also_without_an_identifier() {
        for text in [
            r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"no"},"id":7}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"no"},"id":null}"#,
            r#"{"jsonrpc":"2.0","result":null,"error":{"code":-32602,"message":"no"},"id":7}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32602,"message":"no"}}"#,
        ] {
            let error = check(text).unwrap_err();
            assert_eq!((error.kind(), &*error.to_string()), (ErrorKind::InvalidArgument, "no"));
            assert_eq!(Error::received(&error), Some(&Error::new(-32602, "no")));
        }
    }

    #[test]
    fn what_is_no_answer_is_malformed() {
        for (text, says) in [
            ("", "EOF"),
            ("[]", "expected an object"),
            (r#"{"result":1,"id":7}"#, "not of JSON-RPC 2.0"),
            (r#"{"jsonrpc":"1.0","result":1,"id":7}"#, "not of JSON-RPC 2.0"),
            (r#"{"jsonrpc":"2.0","result":1}"#, "no identifier"),
            (r#"{"jsonrpc":"2.0","result":1,"id":true}"#, "no identifier"),
            (r#"{"jsonrpc":"2.0","result":1,"id":8}"#, "to call 8, not to 7"),
            (r#"{"jsonrpc":"2.0","result":1,"id":"7"}"#, "to call \"7\", not to 7"),
            (r#"{"jsonrpc":"2.0","result":1,"id":null}"#, "to call null, not to 7"),
            (r#"{"jsonrpc":"2.0","id":7}"#, "neither a result nor an error"),
            (
                r#"{"jsonrpc":"2.0","result":1,"error":{"code":1,"message":""},"id":7}"#,
                "both a result and an error",
            ),
            (r#"{"jsonrpc":"2.0","error":7,"id":7}"#, "could not be decoded"),
            (r#"{"jsonrpc":"2.0","error":{"code":"x"},"id":7}"#, "could not be decoded"),
            (r#"{"jsonrpc":"2.0","result":1,"result":2,"id":7}"#, "two `result`"),
            (r#"{"jsonrpc":"2.0","result":1,"id":7} x"#, "trailing characters"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.is_malformed(), "{text}");
            assert_eq!(error.kind(), ErrorKind::Internal);
            assert!(error.to_string().contains(says), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(text: String) {
            let _ = check(&text);
        }
    }
}
