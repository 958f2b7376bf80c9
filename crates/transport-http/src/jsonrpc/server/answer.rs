//! What comes of a call, and how it is written.

use std::{error::Error as StdError, fmt, time::Duration};

use http::{Response, StatusCode, header::CONTENT_TYPE};
use oxkit_core::{ErrorKind, Failure};
use serde::Serialize;

use crate::{
    Body, ErrorEncoder,
    jsonrpc::{Error, RequestId, message::JSON},
};

/// What comes of a call that is to be answered.
pub(super) enum Answer {
    /// The beginning of the answer, up to the result.
    Result(Vec<u8>, RequestId),
    Failed(CallFailed),
}

/// A call failed, and is answered with an error object.
#[derive(Debug)]
pub(super) struct CallFailed {
    pub(super) id: RequestId,
    pub(super) failure: Box<dyn Failure>,
}

impl Answer {
    /// Writes it to the end of `out`, or hands over the buffer it is in if that is empty.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Self::Result(mut answer, id) => {
                answer.extend_from_slice(br#","id":"#);
                write_json(&mut answer, &id);
                answer.push(b'}');
                if out.is_empty() {
                    *out = answer;
                } else {
                    out.extend_from_slice(&answer);
                }
            }
            Self::Failed(failed) => failed.write(out),
        }
    }
}

impl CallFailed {
    fn write(&self, out: &mut Vec<u8>) {
        #[derive(Serialize)]
        struct Form<'a> {
            jsonrpc: &'static str,
            error: &'a Error,
            id: &'a RequestId,
        }
        let error = &Error::from_failure(&*self.failure);
        write_json(out, &Form { jsonrpc: "2.0", error, id: &self.id });
    }
}

fn write_json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("texts, numbers and values are always JSON");
}

impl Failure for CallFailed {
    fn kind(&self) -> ErrorKind {
        self.failure.kind()
    }

    fn retry_after(&self) -> Option<Duration> {
        self.failure.retry_after()
    }
}

impl StdError for CallFailed {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.failure)
    }
}

impl fmt::Display for CallFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call {} failed", self.id)
    }
}

/// Answers the failure of a call as JSON-RPC, and leaves that of the request to another encoder.
pub(super) struct Errors<N>(pub(super) N);

impl<N: ErrorEncoder> ErrorEncoder for Errors<N> {
    fn encode(&self, error: &(dyn Failure + 'static), status: StatusCode) -> Response<Body> {
        let any: &(dyn StdError + 'static) = error;
        match any.downcast_ref::<CallFailed>() {
            Some(failed) => {
                let mut line = Vec::new();
                failed.write(&mut line);
                respond(line)
            }
            None => self.0.encode(error, status),
        }
    }
}

/// 200, JSON, and the newline that Go kit's answers end with.
pub(super) fn respond(mut line: Vec<u8>) -> Response<Body> {
    line.push(b'\n');
    let mut response = Response::new(line.into());
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}
