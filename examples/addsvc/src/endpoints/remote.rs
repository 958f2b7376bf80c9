//! Errors that came over the wire, as the errors of the service that they were.

use oxkit_core::{Endpoint, Failure, Refusal, endpoint_fn_with};

use super::{Answer, answer};
use crate::service::AddError;

/// A remote method, with its errors as the service gave them: each in the style that it has there,
/// so that a breaker on this side counts what one on the other side counts.
pub(crate) fn remote<C, T>(
    client: C,
) -> impl Endpoint<Request = C::Request, Response = Answer<T>, Error = AddError>
where
    C: Endpoint<Response = Answer<T>, Error: Failure> + 'static,
    C::Request: 'static,
    T: Send + 'static,
{
    endpoint_fn_with(client, async |client: &C, cx, request: C::Request| {
        let told = client.call(cx, request).await.unwrap_or_else(|error| Err(of_failure(error)));
        answer(told)
    })
}

/// An endpoint whose every error of the domain is in its response, for transports that tell them
/// there.
pub(crate) fn answered<E, T>(
    endpoint: E,
) -> impl Endpoint<Request = E::Request, Response = Answer<T>, Error = AddError>
where
    E: Endpoint<Response = Answer<T>, Error = AddError> + 'static,
    E::Request: 'static,
    T: Send + 'static,
{
    endpoint_fn_with(endpoint, async |endpoint: &E, cx, request: E::Request| {
        match endpoint.call(cx, request).await {
            Err(refused @ AddError::Refused(_)) => Err(refused),
            Err(error) => Ok(Err(error)),
            answer => answer,
        }
    })
}

/// The error of the domain that was told by its text, or else why the service gave no answer.
fn of_failure(error: impl Failure) -> AddError {
    let text = error.to_string();
    AddError::of_text(&text).unwrap_or_else(|| {
        let refusal = Refusal::of_kind(error.kind(), text);
        let after = error.retry_after().unwrap_or_default();
        AddError::Refused(refusal.with_retry_after(after).with_source(error))
    })
}
