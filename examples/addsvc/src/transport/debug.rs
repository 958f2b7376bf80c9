//! What operators look at.
//!
//! | path | answer |
//! |---|---|
//! | `/` | these paths |
//! | `/metrics` | the metrics, for Prometheus |
//! | `/debug/vars` | the same as JSON, as Go programs show them |
//! | `/healthz` | 200: the process lives |
//! | `/readyz` | 200, or 503 once it drains: whether calls should come here |
//! | `/version` | what was built, as JSON |

use std::{
    env::consts,
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use http::{
    HeaderValue, Request, Response, StatusCode,
    header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE},
};
use oxkit_core::{Context, Refusal, endpoint_fn};
use oxkit_metrics::{Expvar, Prometheus};
use oxkit_transport_http::{Body, JsonCodec, Router, Server, decode_nothing};
use serde::Serialize;

/// Whether calls should come here. A clone is the same.
///
/// ```
/// use addsvc::transport::debug::Readiness;
///
/// let readiness = Readiness::default();
/// assert!(readiness.is_ready());
/// readiness.clone().drain();
/// assert!(!readiness.is_ready());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Readiness {
    drains: Arc<AtomicBool>,
}

impl Readiness {
    /// Says that no more calls should come.
    pub fn drain(&self) {
        self.drains.store(true, Relaxed);
    }

    /// Whether calls should come.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.drains.load(Relaxed)
    }
}

/// What was built.
#[derive(Debug, Clone, Copy, Serialize)]
struct Version {
    name: &'static str,
    version: &'static str,
    /// Whoever builds for others says so: `BUILD_COMMIT=$(git rev-parse HEAD) cargo build`.
    commit: Option<&'static str>,
    profile: &'static str,
    os: &'static str,
    arch: &'static str,
}

const VERSION: Version = Version {
    name: env!("CARGO_PKG_NAME"),
    version: env!("CARGO_PKG_VERSION"),
    commit: option_env!("BUILD_COMMIT"),
    profile: if cfg!(debug_assertions) { "debug" } else { "release" },
    os: consts::OS,
    arch: consts::ARCH,
};

/// The pages. Just before metrics are shown, `refresh` brings those up to date that are read rather
/// than written.
pub fn routes(
    prometheus: Prometheus,
    expvar: Expvar,
    readiness: &Readiness,
    refresh: impl Fn() + Send + Sync + 'static,
) -> Router {
    let refresh = Arc::new(refresh);
    let readiness = readiness.clone();
    let refreshed = Arc::clone(&refresh);
    Router::new()
        .get("/", |_: Request<Body>| ready(page(StatusCode::OK, TEXT, PATHS)))
        .get("/metrics", move |request: Request<Body>| {
            refreshed();
            let accept = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
            let (content_type, body) = prometheus.encode(accept);
            ready(page(StatusCode::OK, content_type, body))
        })
        .get("/debug/vars", move |_: Request<Body>| {
            refresh();
            let (content_type, body) = expvar.encode();
            ready(page(StatusCode::OK, content_type, body))
        })
        .get("/healthz", |_: Request<Body>| ready(page(StatusCode::OK, TEXT, "ok\n")))
        .get("/readyz", move |_: Request<Body>| {
            ready(if readiness.is_ready() {
                page(StatusCode::OK, TEXT, "ready\n")
            } else {
                page(StatusCode::SERVICE_UNAVAILABLE, TEXT, "draining\n")
            })
        })
        .get("/version", Server::new(endpoint_fn(version), decode_nothing, JsonCodec))
}

async fn version(_cx: Context, (): ()) -> Result<Version, Refusal> {
    Ok(VERSION)
}

const PATHS: &str = "/metrics\n/debug/vars\n/healthz\n/readyz\n/version\n";

const TEXT: &str = "text/plain; charset=utf-8";

fn page(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // True now, and perhaps not in a second.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
