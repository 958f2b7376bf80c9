//! The first service: a title of many words, each of which the second one capitalizes.

use http::{Method, Uri};
use oxkit_core::{
    Context, Endpoint, Failure, Idempotency, Layer, Operation, Refusal, endpoint_fn_with,
};
use oxkit_endpoint::{ForOperation, Next, from_fn};
use oxkit_log::{Logger, Logging};
use oxkit_tracing::{Propagation, Spans};
use oxkit_transport_http::{Client, ClientError, Pool, Router, Server, jsonrpc};
use serde::{Deserialize, Serialize};
use tracing::{Instrument, info_span};

use crate::words;

const TITLE: Operation =
    Operation::new("title", "Title").with_idempotency(Idempotency::NoSideEffects);

/// More would be a storm while the other side is in trouble.
const ATTEMPTS: usize = 3;

#[derive(Deserialize)]
struct Request {
    s: String,
}

#[derive(Serialize)]
struct Title {
    v: String,
    words: usize,
}

/// Tries again what may come out better.
async fn retry<E: Endpoint<Request: Clone + Sync>>(
    cx: Context,
    request: E::Request,
    next: Next<'_, E>,
) -> Result<E::Response, E::Error> {
    for _ in 1..ATTEMPTS {
        match next.call(cx.clone(), request.clone()).await {
            Err(error) if error.kind().is_transient() => {}
            answer => return answer,
        }
    }
    next.call(cx, request).await
}

/// The other service, as this one sees it.
struct Remote<C, N> {
    capitalize: C,
    count: N,
}

impl<C, N> Remote<C, N>
where
    C: Endpoint<Request = String, Response = String, Error = ClientError>,
    N: Endpoint<Request = Vec<String>, Response = usize, Error = ClientError>,
{
    async fn title(&self, cx: Context, request: Request) -> Result<Title, Refusal> {
        let words: Vec<String> = request.s.split(' ').map(str::to_owned).collect();
        let mut title = Vec::new();
        // A span by hand, held across every wait inside.
        let each = async {
            for word in &words {
                title.push(self.capitalize.call(cx.clone(), word.clone()).await?);
            }
            Ok::<_, ClientError>(())
        };
        each.instrument(info_span!("each word")).await.map_err(refused)?;
        let words = self.count.call(cx, words).await.map_err(refused)?;
        Ok(Title { v: title.join(" "), words })
    }
}

fn refused(error: ClientError) -> Refusal {
    Refusal::of_kind(error.kind(), "the other service did not help").with_source(error)
}

/// The spans of this service: what it serves, what it calls, and each attempt at that.
pub(crate) struct Traced {
    pub(crate) served: Spans,
    pub(crate) called: Spans,
    pub(crate) attempted: Spans,
}

/// From the clients out to the routes.
pub(crate) fn routes(
    spans: &Traced,
    logger: &Logger,
    propagation: &Propagation,
    words: &Uri,
) -> Router {
    let pool = Pool::new();
    let at = |path: &'static str| {
        let mut parts = words.clone().into_parts();
        parts.path_and_query = Some(http::uri::PathAndQuery::from_static(path));
        Uri::from_parts(parts).expect("a server and a path make an address")
    };
    let capitalize =
        Client::json(&pool, Method::POST, at("/capitalize")).before(propagation.injector());
    let count = jsonrpc::Client::new(&pool, at("/rpc"), "Count").before(propagation.injector());

    // The call is a span, and each attempt is one below it.
    let layers = (spans.called.clone(), from_fn(retry), spans.attempted.clone());
    let capitalize = (ForOperation::new(words::CAPITALIZE), layers).layer(capitalize);
    let attempted = spans.attempted.clone().system("jsonrpc");
    let count = (ForOperation::new(words::COUNT), attempted).layer(count);

    let remote = Remote { capitalize, count };
    let title = endpoint_fn_with(remote, async |remote, cx, request: Request| {
        remote.title(cx, request).await
    });
    let title = (spans.served.clone(), Logging::new(logger.clone())).layer(title);
    let title = Server::json(title).operation(TITLE).before(propagation.extractor());
    Router::new().post("/title", title)
}
