//! A service in three layers, put together by hand: logger, service, service middleware, endpoints,
//! endpoint layers, transport, listener, in that order.

mod args;
mod signals;

use std::{error::Error, process::ExitCode, sync::Arc};

use args::{Args, ErrorForm, fail};
use oxkit_core::{Endpoint, Layer};
use oxkit_endpoint::{CatchPanic, Timeout};
use oxkit_log::{Filter, Lines, Logger, Logging, error, info, timestamp_utc};
use oxkit_transport_http::{GoKit, Problem, Router, listen, serve};
use todosvc::{
    endpoints::{self, Endpoints},
    http,
    logging::Logged,
    service::{TodoService, Todos},
    store::{MemoryStore, SqliteStore},
};

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::read();
    let logger = Logger::new(Lines::new(args.log_format, std::io::stderr()))
        .with_filter(Filter::new(args.log_level))
        .with("ts", timestamp_utc());

    let routes = match &args.database {
        None => wire(&args, &logger, Todos::new(MemoryStore::new())),
        Some(file) => match SqliteStore::open(file) {
            Ok(store) => wire(&args, &logger, Todos::new(store)),
            Err(error) => {
                let why = error.source().map(ToString::to_string).unwrap_or_default();
                fail(format_args!("{error} {}: {why}", file.display()))
            }
        },
    };

    // Before anybody is told that it runs, so that a signal that comes at once is not missed.
    let stop = signals::stop(logger.clone());
    let listener = listen(&args.listen).await.unwrap_or_else(|error| fail(error));
    match listener.local_addr() {
        Ok(address) => println!("todosvc listens on http://{address}"),
        Err(error) => fail(format_args!("cannot tell where it listens: {error}")),
    }

    let served =
        serve(listener, routes).with_graceful_shutdown(stop).drain_within(args.drain).await;
    if served.is_clean() {
        info!(logger, "stopped");
        ExitCode::SUCCESS
    } else {
        error!(logger, "stopped before all was answered", aborted = served.aborted);
        ExitCode::FAILURE
    }
}

/// From the service out to its routes.
fn wire(args: &Args, logger: &Logger, service: impl TodoService) -> Router {
    let service = Arc::new(Logged::new(logger.clone().with("component", "service"), service));

    let layers = (
        Logging::new(logger.clone().with("component", "endpoint")).with_business_errors(),
        CatchPanic::new(),
        Timeout::new(args.timeout),
    );
    let endpoints = Endpoints {
        add: layers.layer(endpoints::add(service.clone())).boxed(),
        list: layers.layer(endpoints::list(service.clone())).boxed(),
        get: layers.layer(endpoints::get(service.clone())).boxed(),
        complete: layers.layer(endpoints::complete(service.clone())).boxed(),
        remove: layers.layer(endpoints::remove(service)).boxed(),
    };

    match args.errors {
        ErrorForm::Problem => http::routes(endpoints, args.timeout, &Problem),
        ErrorForm::GoKit => http::routes(endpoints, args.timeout, &GoKit),
    }
}
