//! Two services of one trace: spans on both sides of every call, exported by OTLP, and their
//! identifiers in every line of the log.
//!
//! ```sh
//! cargo run -p traced -- --otlp http://localhost:4318
//! curl -d '{"s":"the name of the rose"}' localhost:8080/title
//! ```
//!
//! Jaeger takes OTLP at that port: `docker run -p 4318:4318 -p 16686:16686 jaegertracing/jaeger`.

mod args;
mod export;
mod title;
mod words;

use std::{error::Error, io};

use args::{Args, fail};
use opentelemetry::trace::TracerProvider as _;
use oxkit_log::{FromTracing, Lines, Logger, timestamp_utc};
use oxkit_tracing::{B3, Otel, ParentBased, Propagation, Spans, W3c};
use oxkit_transport_http::{listen, serve};
use title::Traced;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt, registry};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::read();
    let logger = Logger::new(Lines::logfmt(io::stderr())).with("ts", timestamp_utc());

    // Who listens to spans: the log, and whoever is at the other end of OTLP.
    let provider = args.otlp.as_deref().map(|otlp| {
        export::provider(otlp, &logger)
            .unwrap_or_else(|error| fail(format_args!("spans cannot go to {otlp}: {error}")))
    });
    let tracer = provider.as_ref().map(|provider| provider.tracer("traced"));
    let exported = tracer.map(|tracer| {
        tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
    });
    let subscriber =
        registry().with(LevelFilter::INFO).with(exported).with(FromTracing::new(logger.clone()));
    tracing::subscriber::set_global_default(subscriber)?;

    // Written are both forms; read is whichever there is.
    let propagation = Propagation::new((W3c::new(), B3::single()));
    let sampled = ParentBased::new(args.ratio);
    let spans = |spans: Spans| spans.sampled_by(sampled).identified_by(Otel::new());
    let served = spans(Spans::server());

    let back = listen("127.0.0.1:0").await?;
    let words = format!("http://{}", back.local_addr()?).parse()?;
    let routes = words::routes(&served, &logger, &propagation, args.flaky);
    let words_served = tokio::spawn(async move { serve(back, routes).await });

    let traced =
        Traced { served, called: spans(Spans::internal()), attempted: spans(Spans::client()) };
    let routes = title::routes(&traced, &logger, &propagation, &words);
    let front = listen(&args.listen).await.unwrap_or_else(|error| fail(error));
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    println!("traced listens on http://{}", front.local_addr()?);
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    serve(front, routes).with_graceful_shutdown(stop).await;
    words_served.abort();

    // What is not sent yet is sent now. It waits for the receiver, so it gets a thread of its own.
    if let Some(provider) = provider {
        tokio::task::spawn_blocking(move || provider.shutdown()).await??;
    }
    Ok(())
}
