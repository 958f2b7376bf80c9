//! Each method of the service as a typed endpoint, and endpoints as a service.
//!
//! Both styles of error are here. Two zeroes and a text that is too long are the caller's affair:
//! they travel in the response ([`Answer`]), and to a breaker that call has succeeded. An integer
//! overflow is the endpoint's own error, which a breaker counts. Every transport tells all three in
//! the same way, so a caller sees no difference.

mod calling;
mod limits;
mod remote;
mod serving;

use std::sync::Arc;

use oxkit_core::{BoxEndpoint, Context, Endpoint, Idempotency, Operation, endpoint_fn_with};

use crate::service::{AddError, AddService};

pub use calling::Calling;
pub use limits::{Limit, Limits};
pub(crate) use remote::{answered, remote};
pub use serving::Serving;

/// A request to add two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "a and b are what they are")]
pub struct SumRequest {
    pub a: i64,
    pub b: i64,
}

/// A request to write two texts as one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "a and b are what they are")]
pub struct ConcatRequest {
    pub a: String,
    pub b: String,
}

/// The names of the methods, for logs, metrics and traces: the same on every transport.
//
// In one place, where constants are made anew wherever they are used: names in the same place are
// equal at a glance, and each call compares them.
pub mod operation {
    use super::{Idempotency, Operation};

    const fn addsvc(method: &'static str) -> Operation {
        Operation::new("addsvc", method).with_idempotency(Idempotency::NoSideEffects)
    }

    /// Adding two numbers.
    pub static SUM: Operation = addsvc("Sum");
    /// Writing two texts as one.
    pub static CONCAT: Operation = addsvc("Concat");
    /// Adding two numbers again and again.
    pub static SUM_STREAM: Operation = addsvc("SumStream");
}

/// What the service answered: the value, or what the caller did wrong.
pub type Answer<T> = Result<T, AddError>;

/// A method of the service with its layers around it, on either side of the wire.
pub type Method<Request, Response> = BoxEndpoint<Request, Answer<Response>, AddError>;

/// The endpoints of the service: what transports serve, and what clients are.
///
/// They are an [`AddService`] again, wherever they lead to.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::sync::Arc;
/// use addsvc::{AddService, Basic, Endpoints};
/// use oxkit_core::Context;
///
/// let endpoints = Endpoints::bare(&Arc::new(Basic));
/// assert_eq!(endpoints.sum(Context::new(), 1, 2).await.unwrap(), 3);
/// # }
/// ```
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "named after the methods of the service")]
pub struct Endpoints {
    pub sum: Method<SumRequest, i64>,
    pub concat: Method<ConcatRequest, String>,
}

impl Endpoints {
    /// The methods of `service` without layers. With all of them: [`Serving::endpoints`].
    pub fn bare<S: AddService>(service: &Arc<S>) -> Self {
        Self { sum: sum(Arc::clone(service)).boxed(), concat: concat(Arc::clone(service)).boxed() }
    }
}

impl AddService for Endpoints {
    async fn sum(&self, cx: Context, a: i64, b: i64) -> Result<i64, AddError> {
        self.sum.call(cx, SumRequest { a, b }).await?
    }

    async fn concat(&self, cx: Context, a: String, b: String) -> Result<String, AddError> {
        self.concat.call(cx, ConcatRequest { a, b }).await?
    }
}

/// `service.sum` as an endpoint.
pub fn sum<S: AddService>(
    service: Arc<S>,
) -> impl Endpoint<Request = SumRequest, Response = Answer<i64>, Error = AddError> {
    endpoint_fn_with(service, async |service: &Arc<S>, cx, SumRequest { a, b }| {
        answer(service.sum(cx, a, b).await)
    })
}

/// `service.concat` as an endpoint.
pub fn concat<S: AddService>(
    service: Arc<S>,
) -> impl Endpoint<Request = ConcatRequest, Response = Answer<String>, Error = AddError> {
    endpoint_fn_with(service, async |service: &Arc<S>, cx, ConcatRequest { a, b }| {
        answer(service.concat(cx, a, b).await)
    })
}

/// Decides which style an error of the service takes.
pub(crate) fn answer<T>(result: Result<T, AddError>) -> Result<Answer<T>, AddError> {
    match result {
        Err(error @ (AddError::IntOverflow | AddError::Refused(_))) => Err(error),
        answer => Ok(answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Basic;

    /// What a spawned task may hold, and share.
    fn is_shared<T: Send + Sync + 'static>(_: &T) {}

    fn is_sent<T: Send>(_: &T) {}

    #[test]
    fn endpoints_and_their_calls_go_from_thread_to_thread() {
        let endpoints = Endpoints::bare(&Arc::new(Basic));
        is_shared(&endpoints);
        is_shared(&Calling::new());
        is_sent(&AddService::sum(&endpoints, Context::new(), 1, 2));
        is_sent(
            &endpoints
                .concat
                .call(Context::new(), ConcatRequest { a: String::new(), b: String::new() }),
        );
    }
}
