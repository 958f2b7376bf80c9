//! The details of a status: the messages of `google.rpc` that are read and written.
//!
//! Transcribed from `google/rpc/status.proto` and `google/rpc/error_details.proto`, which are
//! frozen.

use std::time::Duration;

use prost::Message;
#[cfg(any(feature = "client", feature = "server"))]
use prost_types::Any;

/// One field of a request, and what is wrong with it: `google.rpc.BadRequest.FieldViolation`.
#[derive(Clone, PartialEq, Eq, Hash, Message)]
pub struct Violation {
    /// The path to the field, such as `items[0].price`.
    #[prost(string, tag = "1")]
    pub field: String,
    /// What is wrong with it, for the developer who sent it.
    #[prost(string, tag = "2")]
    pub description: String,
}

#[cfg(any(feature = "client", feature = "server"))]
#[derive(Clone, PartialEq, Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

#[cfg(any(feature = "client", feature = "server"))]
#[derive(Clone, PartialEq, Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<prost_types::Duration>,
}

#[cfg(any(feature = "client", feature = "server"))]
#[derive(Clone, PartialEq, Message)]
struct BadRequest {
    #[prost(message, repeated, tag = "1")]
    field_violations: Vec<Violation>,
}

#[cfg(feature = "server")]
const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";
#[cfg(feature = "server")]
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";

/// What the details of a status say, as far as it is understood here.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Details {
    pub(crate) retry_after: Option<Duration>,
    pub(crate) violations: Vec<Violation>,
}

#[cfg(any(feature = "client", feature = "server"))]
impl Details {
    /// Writes the value of `grpc-status-details-bin`; nothing if there is nothing to say.
    #[cfg(feature = "server")]
    pub(crate) fn encode(&self, code: u8, message: &str) -> Vec<u8> {
        let mut details = Vec::new();
        if let Some(after) = self.retry_after {
            let retry_delay = prost_types::Duration::try_from(after).ok();
            details.push(any(RETRY_INFO, &RetryInfo { retry_delay }));
        }
        if !self.violations.is_empty() {
            let field_violations = self.violations.clone();
            details.push(any(BAD_REQUEST, &BadRequest { field_violations }));
        }
        if details.is_empty() {
            return Vec::new();
        }
        Status { code: i32::from(code), message: message.to_owned(), details }.encode_to_vec()
    }

    /// Reads one. What cannot be read, and what is of another type, is left out.
    #[cfg(feature = "client")]
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let mut known = Self::default();
        let Ok(status) = Status::decode(bytes) else {
            return known;
        };
        for detail in status.details {
            // The host in front of the name may be any.
            match detail.type_url.rsplit('/').next() {
                Some("google.rpc.RetryInfo") => {
                    let info = RetryInfo::decode(&*detail.value).ok();
                    let delay = info.and_then(|info| info.retry_delay);
                    known.retry_after = delay.and_then(|delay| Duration::try_from(delay).ok());
                }
                Some("google.rpc.BadRequest") => {
                    if let Ok(bad) = BadRequest::decode(&*detail.value) {
                        known.violations.extend(bad.field_violations);
                    }
                }
                _ => {}
            }
        }
        known
    }
}

#[cfg(feature = "server")]
fn any(type_url: &str, message: &impl Message) -> Any {
    Any { type_url: type_url.to_owned(), value: message.encode_to_vec() }
}

#[cfg(all(test, feature = "client", feature = "server"))]
mod tests {
    use super::*;

    #[test]
    fn details_read_back() {
        let details = Details {
            retry_after: Some(Duration::from_millis(1_250)),
            violations: vec![Violation { field: "a".into(), description: "is negative".into() }],
        };
        assert_eq!(Details::decode(&details.encode(3, "bad")), details);
    }

    #[test]
    fn nothing_to_say_takes_no_room() {
        assert!(Details::default().encode(5, "not found").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            let _ = Details::decode(&bytes);
        }
    }
}
