//! The command line.

use std::{fmt::Display, process::exit, time::Duration};

use addsvc::{Limit, Limits};
use lexopt::prelude::*;
use oxkit_log::{Allow, Format};
use oxkit_tracing::Ratio;

const HELP: &str = "\
Adds numbers and texts, over every transport at once. Interchangeable with Go kit's addsvc.
Stops gracefully on SIGINT and SIGTERM.

Usage: addsvc [OPTIONS]

Where to listen:
      --debug ADDRESS      metrics, health, version [default: 127.0.0.1:8080]
      --http ADDRESS       HTTP with JSON [default: 127.0.0.1:8081]
      --grpc ADDRESS       gRPC [default: 127.0.0.1:8082]
      --jsonrpc ADDRESS    JSON-RPC 2.0 over HTTP [default: 127.0.0.1:8084]
      --one-port ADDRESS   HTTP and gRPC on one port, besides [default: nowhere]

What is allowed, over all transports together:
      --sum-limit LIMIT    RATE:BURST, so many a second and so many at once, or none
                           [default: 1:1]
      --concat-limit LIMIT the same for texts [default: 1:100]
      --timeout SECONDS    how long one call may take [default: 2]

How it ends:
      --drain SECONDS      how long requests in flight may take at the end [default: 20]
      --drain-delay SECONDS
                           how long to go on serving while saying on /readyz that no more calls
                           should come, for balancers to see it [default: 0]

What is told:
      --log-format FORMAT  logfmt or json [default: logfmt]
      --log-level LEVEL    debug, info, warn, error or none; info is a line for each call, debug
                           another for what was added [default: info; with --demo: error]
      --otlp ADDRESS       where spans go, such as http://127.0.0.1:4318 [default: nowhere]
      --ratio RATIO        what part of all traces to record, from 0 to 1 [default: 1]

To see it work:
      --demo               calls itself over every transport for a minute, with the limits raised,
                           shows rates and latencies, and goes on serving
      --demo-seconds N     the same for N seconds

  -h, --help               print this and exit

Try it:
  cargo run -p addcli -- --all sum 1 2
  curl -d '{\"a\":1,\"b\":2}' localhost:8081/sum
  curl -d '{\"jsonrpc\":\"2.0\",\"method\":\"sum\",\"params\":{\"a\":1,\"b\":2},\"id\":1}' localhost:8084
  grpcurl -plaintext -d '{\"a\":1,\"b\":2}' localhost:8082 pb.Add/Sum
  curl localhost:8080/metrics
";

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) debug: String,
    pub(crate) http: String,
    pub(crate) grpc: String,
    pub(crate) jsonrpc: String,
    pub(crate) one_port: Option<String>,
    pub(crate) limits: Limits,
    pub(crate) timeout: Duration,
    pub(crate) drain: Duration,
    pub(crate) drain_delay: Duration,
    pub(crate) log_format: Format,
    pub(crate) log_level: Allow,
    pub(crate) otlp: Option<String>,
    pub(crate) ratio: Ratio,
    /// How many seconds of it.
    pub(crate) demo: Option<u64>,
}

impl Args {
    /// Reads the command line. Ends the process after `--help` and on a mistake.
    #[must_use]
    pub(crate) fn read() -> Self {
        Self::parse().unwrap_or_else(|mistake| fail(format_args!("{mistake}\nTry --help.")))
    }

    fn parse() -> Result<Self, lexopt::Error> {
        let mut args = Self {
            debug: "127.0.0.1:8080".to_owned(),
            http: "127.0.0.1:8081".to_owned(),
            grpc: "127.0.0.1:8082".to_owned(),
            jsonrpc: "127.0.0.1:8084".to_owned(),
            one_port: None,
            limits: Limits::default(),
            timeout: Duration::from_secs(2),
            drain: Duration::from_secs(20),
            drain_delay: Duration::ZERO,
            log_format: Format::Logfmt,
            log_level: Allow::Info,
            otlp: None,
            ratio: ratio("1")?,
            demo: None,
        };
        // What is said of these holds whatever else is said.
        let (mut of_sum, mut of_concat, mut log_level) = (None, None, None);
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("debug") => args.debug = parser.value()?.parse()?,
                Long("http") => args.http = parser.value()?.parse()?,
                Long("grpc") => args.grpc = parser.value()?.parse()?,
                Long("jsonrpc") => args.jsonrpc = parser.value()?.parse()?,
                Long("one-port") => args.one_port = Some(parser.value()?.parse()?),
                Long("sum-limit") => of_sum = Some(parser.value()?.parse_with(limit)?),
                Long("concat-limit") => of_concat = Some(parser.value()?.parse_with(limit)?),
                Long("timeout") => args.timeout = parser.value()?.parse_with(seconds)?,
                Long("drain") => args.drain = parser.value()?.parse_with(seconds)?,
                Long("drain-delay") => args.drain_delay = parser.value()?.parse_with(seconds)?,
                Long("log-format") => {
                    args.log_format = parser.value()?.parse_with(|format| match format {
                        "logfmt" => Ok(Format::Logfmt),
                        "json" => Ok(Format::Json),
                        _ => Err("expected logfmt or json"),
                    })?;
                }
                Long("log-level") => log_level = Some(parser.value()?.parse()?),
                Long("otlp") => args.otlp = Some(parser.value()?.parse()?),
                Long("ratio") => args.ratio = parser.value()?.parse_with(ratio)?,
                Long("demo") => args.demo = args.demo.or(Some(60)),
                Long("demo-seconds") => {
                    let whole = |text: &str| text.parse().map_err(|_| "expected whole seconds");
                    args.demo = Some(parser.value()?.parse_with(whole)?);
                }
                Short('h') | Long("help") => {
                    print!("{HELP}");
                    exit(0)
                }
                _ => return Err(arg.unexpected()),
            }
        }
        if args.demo.is_some() {
            (args.limits, args.log_level) = (Limits::NONE, Allow::Error);
        }
        args.limits.sum = of_sum.unwrap_or(args.limits.sum);
        args.limits.concat = of_concat.unwrap_or(args.limits.concat);
        args.log_level = log_level.unwrap_or(args.log_level);
        Ok(args)
    }
}

fn limit(text: &str) -> Result<Option<Limit>, &'static str> {
    const EXPECTED: &str = "expected RATE:BURST, such as 1:100, neither of them 0, or none";
    if text == "none" { Ok(None) } else { text.parse().map(Some).map_err(|_| EXPECTED) }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let number: f64 = text.parse().map_err(|_| "expected a number of seconds")?;
    Duration::try_from_secs_f64(number).map_err(|_| "expected a number of seconds")
}

fn ratio(text: &str) -> Result<Ratio, &'static str> {
    const EXPECTED: &str = "expected a number from 0 to 1";
    let number = text.parse().map_err(|_| EXPECTED)?;
    Ratio::new(number).map_err(|_| EXPECTED)
}

/// Ends the process with the reason.
pub(crate) fn fail(reason: impl Display) -> ! {
    eprintln!("addsvc: {reason}");
    exit(2)
}
