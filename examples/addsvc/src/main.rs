//! addsvc: one service on every transport at once.
//!
//! Read `run` from top to bottom: each step takes what the step before it made.
//!
//! ```sh
//! cargo run -p addsvc
//! cargo run -p addcli -- --all sum 1 2
//! cargo run -p addsvc -- --demo
//! ```

mod args;
mod demo;
mod export;
mod listeners;
mod signals;

use std::{
    error::Error,
    future::IntoFuture,
    io::{self, BufWriter},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use addsvc::{
    Basic, Serving,
    instrumenting::Instrumented,
    logging::Logged,
    streaming::sum_stream,
    transport::{
        debug::{self, Readiness},
        grpc, http, jsonrpc,
        one_port::OnePort,
    },
};
use args::{Args, fail};
use listeners::Listeners;
use oxkit_log::{Filter, Lines, Logger, NonBlocking, error, info, timestamp_utc};
use oxkit_metrics::{Expvar, Prometheus, Registry};
use oxkit_tracing::{B3, Otel, ParentBased, Propagation, Spans, W3c};
use oxkit_transport_http::{serve, serve::Serve};
use tokio::{sync::watch, task::JoinSet, time::sleep};

#[tokio::main]
async fn main() -> ExitCode {
    run(Args::read()).await.unwrap_or_else(|error| fail(error))
}

async fn run(args: Args) -> Result<ExitCode, Box<dyn Error>> {
    // 1. Where lines go. Calls never wait for whoever reads them, and what waits is written at once.
    let (lines, _written_at_the_end) = NonBlocking::spawn(BufWriter::new(io::stderr()))?;
    let logger = Logger::new(Lines::new(args.log_format, lines.clone()))
        .with_filter(Filter::new(args.log_level))
        .with("ts", timestamp_utc());

    // 2. Where numbers are kept, and who is shown them: before there are any.
    let registry = Registry::new();
    let (prometheus, expvar) = (Prometheus::new(&registry)?, Expvar::new(&registry));
    let dropped =
        registry.counter("log_lines_dropped_total", "Log lines that nobody will ever read.")?;
    let told = AtomicU64::new(0);
    let refresh = move || {
        let now = lines.dropped() + lines.failed();
        // Two scrapes at once must not both count the same lines.
        dropped.add(now.saturating_sub(told.fetch_max(now, Relaxed)));
    };

    // 3. Where spans go. Nobody makes any if nobody listens.
    let exported = match &args.otlp {
        Some(otlp) => Some(export::install(otlp, &logger)?),
        None => None,
    };
    let spans = Spans::server().sampled_by(ParentBased::new(args.ratio));
    let spans = if exported.is_some() { spans.identified_by(Otel::new()) } else { spans };
    // Written are both forms; read is whichever there is.
    let propagation = Propagation::new((W3c::new(), B3::single()));

    // 4. The service, and its middlewares from the inside out.
    let service = Logged::new(logger.clone().with("component", "service"), Basic);
    let service = Arc::new(Instrumented::new(&registry, service)?);

    // 5. The endpoints, with all that goes around them. One set, which every transport serves.
    let serving = Serving::new(logger.clone().with("component", "endpoint"), &registry)?
        .limits(args.limits)
        .timeout(args.timeout)
        .spans(spans);
    let endpoints = serving.endpoints(&service)?;
    let stream = sum_stream(&serving, &service);

    // 6. The transports.
    let readiness = Readiness::default();
    let pages = debug::routes(prometheus, expvar, &readiness, refresh);
    let routes = http::routes(&endpoints, &propagation);
    let methods = grpc::router(&endpoints, stream, &propagation);
    let (methods, health) = grpc::with_health_and_reflection(methods).await;
    let calls = jsonrpc::server(&endpoints, &propagation);

    // 7. The listeners. Signals are waited for first: one may come at once.
    let stop = signals::stop(logger.clone());
    let listeners = Listeners::open(&args).await?;
    let addresses = listeners.announce()?;
    let (drain, draining) = watch::channel(false);
    let (leave, leaving) = watch::channel(false);
    let pages = serve(listeners.debug, pages).with_graceful_shutdown(when(&leaving));
    let pages = tokio::spawn(pages.drain_within(args.drain).into_future());
    let mut served = JoinSet::new();
    macro_rules! spawn {
        ($serve:expr) => {
            let serve: Serve<_> = $serve;
            let serve = serve.with_graceful_shutdown(when(&draining)).drain_within(args.drain);
            served.spawn(serve.into_future());
        };
    }
    if let Some(listener) = listeners.one_port {
        spawn!(serve(listener, OnePort::new(routes.clone(), methods.clone())).with_h2c());
    }
    spawn!(serve(listeners.http, routes));
    spawn!(serve(listeners.grpc, methods).with_h2c());
    spawn!(serve(listeners.jsonrpc, calls));

    // 8. Traffic, if it is wanted, until somebody says stop.
    let demo = args.demo.map(|seconds| tokio::spawn(demo::run(addresses, seconds)));
    stop.await;
    if let Some(demo) = demo {
        demo.abort();
    }

    // 9. The end, in the order that loses nothing: tell those who send calls, finish the calls, and
    //    only then stop telling.
    readiness.drain();
    grpc::not_serving(&health).await;
    sleep(args.drain_delay).await;
    drain.send_replace(true);
    grpc::end_watches(health).await;
    let mut aborted = 0;
    while let Some(ended) = served.join_next().await {
        aborted += ended?.aborted;
    }
    leave.send_replace(true);
    pages.await?;
    if let Some(exported) = exported {
        // What is not sent yet is sent now. It waits for the receiver, so it gets a thread of its own.
        if let Err(error) = tokio::task::spawn_blocking(move || exported.shutdown()).await? {
            error!(logger, "the last spans were not taken", err = %error);
        }
    }
    if aborted == 0 {
        info!(logger, "stopped");
        Ok(ExitCode::SUCCESS)
    } else {
        error!(logger, "stopped before all was answered", aborted);
        Ok(ExitCode::FAILURE)
    }
}

/// Ready once it is said, or when nobody is left to say it.
fn when(said: &watch::Receiver<bool>) -> impl Future<Output = ()> + Send + use<> {
    let mut said = said.clone();
    async move {
        let _ = said.wait_for(|said| *said).await;
    }
}
