//! addcli: a client of addsvc, which does not see over which transport it calls.
//!
//! ```sh
//! cargo run -p addcli -- --all sum 1 2
//! cargo run -p addcli -- --grpc concat foo bar
//! ```

mod args;

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
    time::Duration,
};

use addsvc::{AddError, AddService, Calling, Endpoints, transport};
use args::{Args, Transport, What, fail};
use http::Uri;
use oxkit_core::{Context, ErrorKind, Failure};
use oxkit_transport_grpc::client::ChannelBuilder;
use oxkit_transport_http::Pool;
use tokio::time::{Instant, sleep};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args = Args::read();
    run(&args).await.unwrap_or_else(|error| fail(error))
}

async fn run(args: &Args) -> Result<ExitCode, Box<dyn Error>> {
    let pool = Pool::new();
    let mut has_failed = false;
    if args.is_all {
        writeln!(io::stdout(), "{:<12}{:<30}{:>10}", "transport", "result", "latency")?;
    }
    for transport in &args.transports {
        let service = service(*transport, args, &pool)?;
        let (result, took) = patiently(&service, args, *transport).await;
        has_failed |= result.is_err();
        let is_there = !result.as_ref().is_err_and(is_away);
        let result = result.map_err(|error| told(&error));
        if args.is_all {
            let shown = result.unwrap_or_else(|error| error);
            let ms = took.as_secs_f64() * 1e3;
            let name = transport.name();
            writeln!(io::stdout(), "{name:<12}{shown:<30}{ms:>7.1} ms")?;
        } else {
            match result {
                Ok(result) => writeln!(io::stdout(), "{result}")?,
                Err(error) => writeln!(io::stderr(), "addcli: {error}")?,
            }
        }
        if !is_there {
            let (name, address) = (transport.name(), transport.address(args));
            let try_this = "start it by `cargo run -p addsvc`";
            writeln!(io::stderr(), "addcli: is addsvc there, {name} at {address}? {try_this}")?;
        }
    }
    Ok(if has_failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The service, as it is reached over `transport`. What comes back is the same for all.
fn service(transport: Transport, args: &Args, pool: &Pool) -> Result<Endpoints, Box<dyn Error>> {
    let calling = Calling::new();
    Ok(match transport {
        Transport::Http => transport::http::client(pool, &uri(&args.http)?, &calling),
        Transport::JsonRpc => transport::jsonrpc::client(pool, &uri(&args.jsonrpc)?, &calling),
        Transport::Grpc => {
            let channel = ChannelBuilder::from(uri(&args.grpc)?).connect_lazy();
            transport::grpc::client(channel, &calling)
        }
    })
}

fn uri(address: &str) -> Result<Uri, String> {
    let whole =
        if address.contains("://") { address.to_owned() } else { format!("http://{address}") };
    whole.parse().map_err(|error| format!("{address:?} is no address: {error}"))
}

/// Calls, and calls again as long as the service says when to come back. What is measured is the
/// last call alone.
async fn patiently(
    service: &impl AddService,
    args: &Args,
    transport: Transport,
) -> (Result<String, AddError>, Duration) {
    let started = Instant::now();
    loop {
        let began = Instant::now();
        let result = ask(service, &args.what).await;
        let took = began.elapsed();
        match result.as_ref().map_err(again_after) {
            Err(Some(after)) if started.elapsed().saturating_add(after) <= args.patience => {
                let name = transport.name();
                eprintln!("addcli: {name}: called too often, trying again in {after:.1?}");
                sleep(after).await;
            }
            _ => return (result, took),
        }
    }
}

async fn ask(service: &impl AddService, what: &What) -> Result<String, AddError> {
    let cx = Context::new();
    match what.clone() {
        What::Sum(a, b) => service.sum(cx, a, b).await.map(|sum| sum.to_string()),
        What::Concat(a, b) => service.concat(cx, a, b).await,
    }
}

/// The error and what it comes from, which is where a broken connection says why.
fn told(error: &AddError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        let cause = source.to_string();
        // Some errors tell of what they come from themselves.
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        next = source.source();
    }
    text
}

/// Whether nobody answered: what answers and will not serve says when to come back.
fn is_away(error: &AddError) -> bool {
    error.kind() == ErrorKind::Unavailable && error.retry_after().is_none()
}

/// When to come back, if a limit said so.
fn again_after(error: &AddError) -> Option<Duration> {
    (error.kind() == ErrorKind::ResourceExhausted).then(|| error.retry_after()).flatten()
}
