//! axum with what a service in production usually has around it: a JSON log by tower-http's trace
//! layer, metrics by prometheus, a rate limit by governor, a breaker by recloser, a timeout.
//!
//! As their documentation shows: what has no layer of its own is a function with `from_fn`.

use std::{
    io,
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use http::StatusCode;
use prometheus::{Histogram, HistogramOpts, IntCounter, Registry};
use recloser::{AsyncRecloser, Recloser};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_http::{
    timeout::TimeoutLayer,
    trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer},
};
use tracing::Level;

use super::axum_bare::router;

#[derive(Clone)]
struct Instruments {
    requests: IntCounter,
    duration: Histogram,
}

impl Instruments {
    fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let requests = IntCounter::new("requests_total", "Requests.")?;
        let duration =
            Histogram::with_opts(HistogramOpts::new("duration_seconds", "How long they took."))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(duration.clone()))?;
        Ok(Self { requests, duration })
    }
}

async fn measure(State(to): State<Instruments>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    to.requests.inc();
    let response = next.run(request).await;
    to.duration.observe(started.elapsed().as_secs_f64());
    response
}

async fn limit(
    State(limiter): State<Arc<DefaultDirectRateLimiter>>,
    request: Request,
    next: Next,
) -> Response {
    match limiter.check() {
        Ok(()) => next.run(request).await,
        Err(_) => StatusCode::TOO_MANY_REQUESTS.into_response(),
    }
}

async fn break_circuit(
    State(breaker): State<AsyncRecloser>,
    request: Request,
    next: Next,
) -> Response {
    let call = async {
        let response = next.run(request).await;
        if response.status().is_server_error() { Err(response) } else { Ok(response) }
    };
    match breaker.call(call).await {
        Ok(response) | Err(recloser::Error::Inner(response)) => response,
        Err(recloser::Error::Rejected) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    // Where another server of this process was first, there are no lines; each has its own.
    let _ = tracing_subscriber::fmt().json().with_writer(io::sink).try_init();
    let trace = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    let instruments = Instruments::new().map_err(io::Error::other)?;
    let tokens = NonZeroU32::new(1_000_000_000).expect("not zero");
    let quota = Quota::per_second(tokens).allow_burst(NonZeroU32::MAX);
    let limiter = Arc::new(RateLimiter::direct(quota));
    let breaker = AsyncRecloser::from(Recloser::default());
    let stack = ServiceBuilder::new()
        .layer(trace)
        .layer(from_fn_with_state(instruments, measure))
        .layer(from_fn_with_state(limiter, limit))
        .layer(from_fn_with_state(breaker, break_circuit))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(30),
        ));
    axum::serve(listener, router().layer(stack)).await
}
