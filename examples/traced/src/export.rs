//! Where spans go: to a receiver of OTLP, over the same HTTP client that the services use.

use std::{error::Error, pin::Pin};

use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use oxkit_core::{Context, Endpoint};
use oxkit_log::{Logger, warn};
use oxkit_transport_http::{Body, Client, ClientError, Pool};
use tokio::runtime::Handle;

/// Room for the answers of a receiver, which say what it did not take.
const ANSWER: u64 = 64 * 1024;

/// Sends spans in batches to the receiver at `otlp`. `logger` is told of those that it did not take.
pub(crate) fn provider(otlp: &str, logger: &Logger) -> Result<SdkTracerProvider, Box<dyn Error>> {
    let (pool, runtime, logger) = (Pool::new(), Handle::current(), logger.clone());
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Sender { pool, runtime, logger })
        .with_endpoint(format!("{}/v1/traces", otlp.trim_end_matches('/')))
        .build()?;
    Ok(SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name("traced").build())
        .with_batch_exporter(exporter)
        .build())
}

/// The exporter works on a thread of its own, and what it sends is sent on the runtime.
#[derive(Debug)]
struct Sender {
    pool: Pool,
    runtime: Handle,
    logger: Logger,
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
        let logger = self.logger.clone();
        Box::pin(async move {
            let answer = sent.await?;
            match &answer {
                Ok(answer) if answer.status().is_success() => {}
                Ok(answer) => {
                    warn!(logger, "spans were not taken", status = answer.status().as_u16());
                }
                Err(error) => warn!(logger, "spans were not taken", err = %error),
            }
            Ok(answer?)
        })
    }
}

async fn encode(request: Request<Bytes>) -> Result<Request<Body>, ClientError> {
    Ok(request.map(Body::from))
}

async fn decode(response: Response<Body>) -> Result<Response<Bytes>, ClientError> {
    let (head, body) = response.into_parts();
    Ok(Response::from_parts(head, body.collect(ANSWER).await?))
}
