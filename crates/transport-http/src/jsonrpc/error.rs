//! The error object of JSON-RPC.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use oxkit_core::{ErrorKind, Failure, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::codes;

/// The error object of JSON-RPC: what a server answers with instead of a result.
///
/// An endpoint that must choose its code gives one as its error, or has one anywhere in its error's
/// chain of [sources](StdError::source): the server answers with the first it finds there. Any
/// other error needs no JSON-RPC in it; see [`from_failure`](Self::from_failure).
///
/// Its message was written for the other side, so it is shown whatever the kind.
///
/// ```
/// use oxkit_core::{ErrorKind, Failure};
/// use oxkit_transport_http::jsonrpc::{Error, codes};
///
/// let error = Error::new(codes::INVALID_PARAMS, "");
/// assert_eq!(error.to_string(), "Invalid params");
/// assert_eq!(error.kind(), ErrorKind::InvalidArgument);
///
/// let own = Error::new(-32050, "out of stock").with_data("sku 7");
/// assert_eq!(own.public_message(), "out of stock");
/// assert_eq!(own.kind(), ErrorKind::Unknown);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[must_use = "an error does nothing until it is returned"]
pub struct Error {
    /// The code. −32768 to −32000 are reserved by the specification, and of these −32099 to
    /// −32000 are for servers to define.
    pub code: i64,
    /// A short description; may be empty.
    #[serde(default)]
    pub message: String,
    /// Anything else there is to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl Error {
    /// An error without data.
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    /// Adds data.
    ///
    /// The members `kind` and `retryAfterMs` of an object are what [`Failure`] reads on the other
    /// side.
    pub fn with_data(mut self, data: impl Into<Value>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// The error object that `failure` is answered with.
    ///
    /// An `Error` in its chain of sources is taken as it is. Otherwise the code is the
    /// [kind's](codes::code_of) and the message is the [public
    /// one](Failure::public_message). Where the code alone does not bring the kind back, or there is
    /// advice on when to try again, the data says so:
    ///
    /// ```
    /// use std::time::Duration;
    /// use oxkit_core::{ErrorKind, Failure, Reason, Refusal};
    /// use oxkit_transport_http::jsonrpc::Error;
    ///
    /// let refusal = Refusal::new(Reason::RateLimited).with_retry_after(Duration::from_millis(250));
    /// let error = Error::from_failure(&refusal);
    /// assert_eq!(
    ///     serde_json::to_string(&error)?,
    ///     concat!(
    ///         r#"{"code":-32603,"message":"rate limit exceeded","#,
    ///         r#""data":{"kind":"RESOURCE_EXHAUSTED","retryAfterMs":250}}"#,
    ///     ),
    /// );
    /// assert_eq!(error.kind(), ErrorKind::ResourceExhausted);
    /// assert_eq!(error.retry_after(), Some(Duration::from_millis(250)));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn from_failure(failure: &(dyn Failure + 'static)) -> Self {
        let mut error = Self::find(failure)
            .cloned()
            .unwrap_or_else(|| Self::new(codes::code_of(failure.kind()), failure.public_message()));
        if error.data.is_none() {
            error.data = describe(error.code, failure);
        }
        error
    }

    /// The error object that a [`Client`](super::Client) received, if that is why `error` is: looked
    /// for in its whole chain of sources.
    ///
    /// What was received is not what this side answers with: a server that failed because of it
    /// answers by the kind of its own error, and the codes and texts of those behind it stay inside.
    ///
    /// ```
    /// use oxkit_transport_http::{ClientError, jsonrpc::Error};
    ///
    /// fn is_out_of_stock(error: &ClientError) -> bool {
    ///     Error::received(error).is_some_and(|error| error.code == -32050)
    /// }
    /// ```
    #[cfg(feature = "client")]
    #[must_use]
    pub fn received<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(received) = error.downcast_ref::<super::client::Received>() {
                return Some(&received.0);
            }
            next = error.source();
        }
        None
    }

    /// The first one in the chain of sources that begins with `error` itself.
    fn find<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(found) = error.downcast_ref() {
                return Some(found);
            }
            next = error.source();
        }
        None
    }

    fn datum(&self, name: &str) -> Option<&Value> {
        self.data.as_ref()?.get(name)
    }
}

/// What the code does not say of a failure.
fn describe(code: i64, failure: &dyn Failure) -> Option<Value> {
    let kind = failure.kind();
    let retry_after = failure.retry_after();
    if kind == codes::kind_of(code) && retry_after.is_none() {
        return None;
    }
    let mut data = Map::new();
    data.insert("kind".to_owned(), kind.name().into());
    if let Some(after) = retry_after {
        data.insert("retryAfterMs".to_owned(), whole_milliseconds(after).into());
    }
    Some(data.into())
}

/// Rounded up: an earlier retry would be refused again.
fn whole_milliseconds(after: Duration) -> u64 {
    u64::try_from(after.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

impl Failure for Error {
    /// The kind the data names, or else the one [of the code](codes::kind_of).
    fn kind(&self) -> ErrorKind {
        self.datum("kind")
            .and_then(Value::as_str)
            .and_then(|name| name.parse().ok())
            .unwrap_or_else(|| codes::kind_of(self.code))
    }

    fn retry_after(&self) -> Option<Duration> {
        self.datum("retryAfterMs").and_then(Value::as_u64).map(Duration::from_millis)
    }

    fn public_message(&self) -> Cow<'_, str> {
        match (&*self.message, codes::message_of(self.code)) {
            ("", Some(standard)) => Cow::Borrowed(standard),
            ("", None) => Cow::Owned(format!("error {}", self.code)),
            (message, _) => Cow::Borrowed(message),
        }
    }
}

impl StdError for Error {}

/// The message, or the standard text of the code where there is none.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.public_message())
    }
}

/// As [`from_failure`](Error::from_failure), so that it can be the error of an endpoint.
impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::from_failure(&refusal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Wrapped(Error);

    impl fmt::Display for Wrapped {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("wrapped")
        }
    }

    impl StdError for Wrapped {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    impl Failure for Wrapped {
        fn kind(&self) -> ErrorKind {
            ErrorKind::FailedPrecondition
        }
    }

    #[test]
    fn every_kind_comes_back_from_its_error_object() {
        for kind in ErrorKind::ALL {
            let sent = Error::from(Refusal::of_kind(kind, "text"));
            let text = serde_json::to_string(&sent).unwrap();
            let received: Error = serde_json::from_str(&text).unwrap();
            assert_eq!(received.kind(), kind);
        }
    }

    #[test]
    fn data_is_added_only_where_the_code_does_not_say_it_all() {
        let data = |kind| Error::from(Refusal::of_kind(kind, "text")).data;
        for kind in [ErrorKind::InvalidArgument, ErrorKind::Unimplemented, ErrorKind::Internal] {
            assert_eq!(data(kind), None);
        }
        assert_eq!(data(ErrorKind::Aborted), Some(serde_json::json!({"kind": "ABORTED"})));
    }

    #[test]
    fn an_error_object_in_the_chain_gives_the_code_and_the_outer_error_the_kind() {
        let plain = Error::from_failure(&Wrapped(Error::new(-32001, "no stock")));
        assert_eq!((plain.code, &*plain.message), (-32001, "no stock"));
        assert_eq!(plain.kind(), ErrorKind::FailedPrecondition);

        let own = Error::from_failure(&Wrapped(Error::new(-32001, "no stock").with_data(7)));
        assert_eq!(own.data, Some(7.into()));
    }

    #[test]
    fn the_text_of_a_confidential_kind_is_not_sent() {
        let error = Error::from(Refusal::of_kind(ErrorKind::Internal, "password is 1234"));
        assert_eq!(error.message, "internal error");
    }

    #[test]
    fn data_of_another_shape_is_ignored() {
        for data in ["7", "[]", r#"{"kind":7,"retryAfterMs":-1}"#, r#"{"kind":"OK"}"#] {
            let error = Error::new(codes::INTERNAL_ERROR, "")
                .with_data(serde_json::from_str::<Value>(data).unwrap());
            assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Internal, None), "{data}");
        }
    }

    #[test]
    fn the_text_is_the_message_or_else_the_standard_one() {
        assert_eq!(Error::new(codes::PARSE_ERROR, "").to_string(), "Parse error");
        assert_eq!(Error::new(codes::PARSE_ERROR, "own").to_string(), "own");
        assert_eq!(Error::new(-1, "").to_string(), "error -1");
    }

    #[test]
    fn advice_is_rounded_up_to_whole_milliseconds() {
        for (micros, millis) in [(1, 1), (1000, 1), (1001, 2)] {
            assert_eq!(whole_milliseconds(Duration::from_micros(micros)), millis);
        }
        assert_eq!(whole_milliseconds(Duration::MAX), u64::MAX);
    }
}
