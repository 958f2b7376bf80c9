//! The second service: words, one method over HTTP and one over JSON-RPC.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

use oxkit_core::{Context, Endpoint, Layer, Operation, Reason, Refusal, endpoint_fn};
use oxkit_log::{Logger, Logging};
use oxkit_tracing::{Propagation, Spans};
use oxkit_transport_http::{Router, Server, jsonrpc};

pub(crate) const CAPITALIZE: Operation = Operation::new("words", "Capitalize");
pub(crate) const COUNT: Operation = Operation::new("words", "Count");

async fn capitalize(_cx: Context, word: String) -> Result<String, Refusal> {
    tracing::info!(word, "capitalizing");
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().collect::<String>());
    Ok(first.unwrap_or_default() + letters.as_str())
}

async fn count(_cx: Context, words: Vec<String>) -> Result<usize, Refusal> {
    Ok(words.len())
}

/// Refuses every other call, if it is flaky.
fn flaky(
    is_flaky: bool,
) -> impl Endpoint<Request = String, Response = String, Error = Refusal> + 'static {
    let calls = Arc::new(AtomicUsize::new(0));
    endpoint_fn(move |cx: Context, word| {
        let is_refused = is_flaky && calls.fetch_add(1, Relaxed).is_multiple_of(2);
        async move {
            if is_refused {
                return Err(Reason::Overloaded.into());
            }
            capitalize(cx, word).await
        }
    })
}

/// From the service out to its routes.
pub(crate) fn routes(
    spans: &Spans,
    logger: &Logger,
    propagation: &Propagation,
    is_flaky: bool,
) -> Router {
    let logging = Logging::new(logger.clone());
    // A span for each call outermost: the lines then have its identifiers.
    let layers = (spans.clone(), logging);
    let capitalize = layers.layer(flaky(is_flaky));
    let count = layers.layer(endpoint_fn(count));

    let capitalize = Server::json(capitalize).operation(CAPITALIZE).before(propagation.extractor());
    let rpc = jsonrpc::Server::new()
        .service("words")
        .method("Count", count)
        .before(propagation.extractor());
    Router::new().post("/capitalize", capitalize).post("/rpc", rpc)
}
