//! Numbers that are added as they come: an endpoint whose request and response are streams.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::{self, Poll, ready},
};

use futures_core::Stream;
use oxkit_core::{CarriesFailure, Context, Endpoint, Failure, Layer, endpoint_fn_with};
use oxkit_endpoint::CatchPanic;
use oxkit_transport_grpc::{GrpcError, Incoming};

use crate::{AddError, AddService, Answer, Serving, SumRequest, operation};

/// `service.sum` for each request of a stream.
///
/// A request is taken when the caller asks for its answer, so whoever reads slowly holds back what
/// he sends. An error of the domain is an answer like any other, and the stream goes on.
///
/// To whoever watches calls a stream is one, which ends when it has begun. What is added in it is
/// counted and logged by the middlewares of the service. The limits and the breaker of `Sum` are for
/// single calls, and not around it.
pub fn sum_stream<S: AddService>(
    serving: &Serving,
    service: &Arc<S>,
) -> impl Endpoint<Request = Incoming<SumRequest>, Response = Sums, Error = AddError> + use<S> {
    let begin = endpoint_fn_with(
        Arc::clone(service),
        async |service: &Arc<S>, cx, pairs: Incoming<SumRequest>| {
            let service = Arc::clone(service);
            let add = move |SumRequest { a, b }| -> Adding {
                let (service, cx) = (Arc::clone(&service), Context::clone(&cx));
                Box::pin(async move { service.sum(cx, a, b).await })
            };
            Ok(Sums { pairs: Some(pairs), add: Box::new(add), running: None })
        },
    );
    serving.watched(operation::SUM_STREAM.clone(), CatchPanic::new().layer(begin))
}

/// A sum that is being made. Boxed, because a service may take its time.
type Adding = Pin<Box<dyn Future<Output = Answer<i64>> + Send>>;

/// The answers to a stream of requests, in their order.
pub struct Sums {
    pairs: Option<Incoming<SumRequest>>,
    add: Box<dyn Fn(SumRequest) -> Adding + Send>,
    running: Option<Adding>,
}

impl Stream for Sums {
    type Item = Result<Answer<i64>, GrpcError>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut task::Context<'_>,
    ) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(running) = &mut this.running {
                let answer = ready!(running.as_mut().poll(task));
                this.running = None;
                return Poll::Ready(Some(Ok(answer)));
            }
            let Some(pairs) = &mut this.pairs else {
                return Poll::Ready(None);
            };
            match ready!(Pin::new(pairs).poll_next(task)) {
                Some(Ok(pair)) => this.running = Some((this.add)(pair)),
                end => {
                    this.pairs = None;
                    return Poll::Ready(end.and_then(Result::err).map(Err));
                }
            }
        }
    }
}

/// What goes wrong later is not known when the stream begins.
impl CarriesFailure for Sums {
    fn failure(&self) -> Option<&(dyn Failure + 'static)> {
        None
    }
}

impl fmt::Debug for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sums").field("pairs", &self.pairs).finish_non_exhaustive()
    }
}
