//! Where spans go: to a receiver of OTLP, over the same HTTP client that clients of the service use.

use std::{error::Error, pin::Pin};

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use oxkit_core::{Context, Endpoint};
use oxkit_log::{FromTracing, Logger};
use oxkit_transport_http::{Body, Client, ClientError, Pool};
use tokio::runtime::Handle;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, registry};

/// Room for the answers of a receiver, which say what it did not take.
const ANSWER: u64 = 64 * 1024;

/// Sends spans in batches to the receiver at `otlp`, from now on and from the whole process: `main`
/// alone may decide that.
pub(crate) fn install(otlp: &str, logger: &Logger) -> Result<SdkTracerProvider, Box<dyn Error>> {
    let base = if otlp.contains("://") { otlp.to_owned() } else { format!("http://{otlp}") };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender { pool: Pool::new(), runtime: Handle::current() })
        .with_endpoint(format!("{}/v1/traces", base.trim_end_matches('/')))
        .build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("addsvc").build())
        .with_batch_exporter(exporter)
        .build();
    let exported = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("addsvc"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false);
    let subscriber =
        registry().with(LevelFilter::INFO).with(exported).with(FromTracing::new(logger.clone()));
    tracing::subscriber::set_global_default(subscriber)?;
    Ok(provider)
}

/// The exporter works on a thread of its own, and what it sends is sent on the runtime.
#[derive(Debug)]
struct Sender {
    pool: Pool,
    runtime: Handle,
}

impl HttpClient for Sender {
    fn send_bytes<'a, 'b>(
        &'a self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'b>>
    where
        'a: 'b,
        Self: 'b,
    {
        let client = Client::new(&self.pool, encode, decode).any_status();
        // The program's own calls are traced; this one is not, or each batch would make another.
        let sent = self.runtime.spawn(async move { client.call(Context::new(), request).await });
        Box::pin(async move { Ok(sent.await??) })
    }
}

async fn encode(request: Request<Bytes>) -> Result<Request<Body>, ClientError> {
    Ok(request.map(Body::from))
}

async fn decode(response: Response<Body>) -> Result<Response<Bytes>, ClientError> {
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, body.collect(ANSWER).await?))
}
