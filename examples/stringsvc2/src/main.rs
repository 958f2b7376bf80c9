//! stringsvc with logging and metrics: two decorators around the service, one layer around each
//! endpoint, and a page for Prometheus.
//!
//! Read `main` from top to bottom: each step takes what the step before it made.
//!
//! ```sh
//! cargo run -p stringsvc2
//! curl -d '{"s":"hello, world"}' localhost:8080/uppercase
//! curl localhost:8080/metrics
//! ```

mod args;
mod endpoints;
mod instrumenting;
mod logging;
mod metrics;
mod service;
mod signals;

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use endpoints::operation;
use instrumenting::Instrumented;
use logging::Logged;
use oxkit_core::Layer;
use oxkit_log::{Lines, Logger, NonBlocking, info, timestamp_utc};
use oxkit_metrics::{Measure, Prometheus, Registry};
use oxkit_transport_http::{Router, Server, listen, serve};
use service::Strings;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // 1. Where lines go. Requests never wait for whoever reads them.
    let (lines, writer) = NonBlocking::spawn(std::io::stderr())?;
    let logger = Logger::new(Lines::logfmt(lines.clone())).with("ts", timestamp_utc());

    // 2. Where numbers are kept, and who is shown them.
    let registry = Registry::new();
    let prometheus = Prometheus::new(&registry)?;

    // 3. The service, and its decorators from the inside out.
    let service = Logged::new(logger.clone().with("component", "service"), Strings);
    let service = Arc::new(Instrumented::new(&registry, service)?);

    // 4. The endpoints. The layer around them knows nothing of strings: its numbers mean the same
    //    for every service of the company, so one dashboard serves them all.
    let measure = Measure::new(&registry)?;
    let uppercase = measure.for_operation(operation::UPPERCASE).with_business_errors();
    let uppercase = uppercase.layer(endpoints::uppercase(service.clone()));
    let count = measure.for_operation(operation::COUNT).layer(endpoints::count(service));

    // 5. What is watched about the watching: lines that there was no room for.
    let dropped =
        registry.counter("log_lines_dropped_total", "Log lines that nobody will ever read.")?;
    let told = AtomicU64::new(0);
    let refresh = move || {
        let now = lines.dropped() + lines.failed();
        // Two scrapes at once must not both count the same lines.
        dropped.add(now.saturating_sub(told.fetch_max(now, Relaxed)));
    };

    // 6. The transport.
    let routes = Router::new()
        .post("/uppercase", Server::json(uppercase).operation(operation::UPPERCASE))
        .post("/count", Server::json(count).operation(operation::COUNT))
        .get("/metrics", metrics::exposition(prometheus, refresh));

    // 7. The listener, until somebody says stop: even at once, so signals are waited for first.
    let stop = signals::stop(logger.clone());
    let listener = listen(&args::listen()).await.unwrap_or_else(|error| args::fail(error));
    println!("stringsvc2 listens on http://{}", listener.local_addr()?);
    serve(listener, routes).with_graceful_shutdown(stop).await;
    info!(logger, "stopped");
    // What is still queued is written before the process ends.
    drop(writer);
    Ok(())
}
