//! Each method of the service as a typed endpoint.

use std::sync::Arc;

use oxkit_core::{
    CarriesFailure, Endpoint, ErrorKind, Failure, Idempotency, Operation, Refusal, endpoint_fn_with,
};
use serde::{Deserialize, Serialize, Serializer};

use crate::service::{EmptyString, StringService};

/// The names of the methods, for metrics and logs.
pub(crate) mod operation {
    use super::{Idempotency, Operation};

    const fn stringsvc(method: &'static str) -> Operation {
        Operation::new("stringsvc", method).with_idempotency(Idempotency::NoSideEffects)
    }

    /// Writing a text in capitals.
    pub(crate) const UPPERCASE: Operation = stringsvc("Uppercase");
    /// Counting characters.
    pub(crate) const COUNT: Operation = stringsvc("Count");
}

/// What both methods are asked.
#[derive(Debug, Deserialize)]
pub(crate) struct StringRequest {
    s: String,
}

/// What `uppercase` answers, as Go kit's does: the business error is a field of the response.
#[derive(Debug, Serialize)]
pub(crate) struct Uppercased {
    v: String,
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "text")]
    err: Option<EmptyString>,
}

/// What `count` answers.
#[derive(Debug, Serialize)]
pub(crate) struct Counted {
    v: usize,
}

/// `service.uppercase` as an endpoint.
pub(crate) fn uppercase<S: StringService>(
    service: Arc<S>,
) -> impl Endpoint<Request = StringRequest, Response = Uppercased, Error = Refusal> {
    endpoint_fn_with(service, async |service: &Arc<S>, _cx, request: StringRequest| {
        Ok(match service.uppercase(&request.s) {
            Ok(v) => Uppercased { v, err: None },
            Err(error) => Uppercased { v: String::new(), err: Some(error) },
        })
    })
}

/// `service.count` as an endpoint.
pub(crate) fn count<S: StringService>(
    service: Arc<S>,
) -> impl Endpoint<Request = StringRequest, Response = Counted, Error = Refusal> {
    endpoint_fn_with(service, async |service: &Arc<S>, _cx, request: StringRequest| {
        Ok(Counted { v: service.count(&request.s) })
    })
}

impl Failure for EmptyString {
    fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidArgument
    }
}

/// So that the layer that measures sees the business error. A breaker would not.
impl CarriesFailure for Uppercased {
    fn failure(&self) -> Option<&(dyn Failure + 'static)> {
        self.err.as_ref().map(|error| error as _)
    }
}

fn text<S: Serializer>(error: &Option<EmptyString>, serializer: S) -> Result<S::Ok, S::Error> {
    match error {
        Some(error) => serializer.collect_str(error),
        None => serializer.serialize_none(),
    }
}
