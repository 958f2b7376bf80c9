//! axum with what a service in production usually has around it, from tower and tower-http.

use std::{io, time::Duration};

use http::StatusCode;
use tokio::net::TcpListener;
use tower::{ServiceBuilder, limit::GlobalConcurrencyLimitLayer};
use tower_http::{
    catch_panic::CatchPanicLayer,
    timeout::TimeoutLayer,
    trace::{DefaultMakeSpan, DefaultOnResponse, TraceLayer},
};
use tracing::Level;

use super::axum_bare::router;

pub(super) async fn serve(listener: TcpListener) -> io::Result<()> {
    tracing_subscriber::fmt().json().with_writer(io::sink).init();
    let trace = TraceLayer::new_for_http()
        .make_span_with(DefaultMakeSpan::new().level(Level::INFO))
        .on_response(DefaultOnResponse::new().level(Level::INFO));
    let stack = ServiceBuilder::new()
        .layer(trace)
        .layer(CatchPanicLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(1024))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(30),
        ));
    axum::serve(listener, router().layer(stack)).await
}
