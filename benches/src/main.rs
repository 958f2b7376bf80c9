//! `oxkit-benches`: what oxkit costs, measured side by side with its peers.

use std::{io, process::ExitCode};

use lexopt::{Arg, Parser, ValueExt};
use oxkit_benches::{
    circuitbreaker, endpoint,
    harness::{Options, Report, instructions},
    log, metrics, ratelimit, stack, transport, weight,
};

const HELP: &str = "\
What oxkit costs, measured side by side with its peers.

Usage: cargo run --release --locked -p oxkit-benches -- NAME... [OPTION]...

Names
  circuitbreaker
              a call through a closed breaker, by one thread and by two, against recloser
  endpoint    chains of 0, 1, 5 and 10 layers against the same in tower: ns a call,
              allocations a call, future size
  log         a line of log, JSON and logfmt, against slog and tracing-subscriber; through our
              layer for tracing; disabled
  metrics     an observation of a metric, by one thread and by two, against the prometheus crate
  ratelimit   a rate limiter's check, by one thread and by two, against governor
  stack       the five usual middlewares around an endpoint against the same in tower and, where Go
              is found, in Go kit; what a whole stack with its line of log adds to a call
  transport   servers on one core, load on another. HTTP: CPU a request, latency at a fixed rate and
              memory of an idle connection, bare and with a whole stack, against bare hyper, axum
              bare and with a stack of tower, and Go kit bare and with a stack. The example addsvc
              with everything on, or --only addsvc: CPU a request, against bare hyper and axum.
              gRPC, or --only grpc: calls a second, against tonic, grpc-go and Go kit bare and with
              a stack. Those in Go where Go is found (GOROOT, or on the PATH)
  weight      crates and binary size of a hello-world service, against hyper and axum: builds
              them, which takes some minutes the first time
  all         all of them, in this order
  gate        user instructions of a request with the whole stack against bare hyper's, by
              valgrind: in a minute, without noise, and the command fails if there are too many.
              Not part of all; transport --instructions counts those of every server

Options
  --quick           a tenth of the time: for a look, too short for a verdict
  --only TEXT       only cases whose name contains TEXT, or with --only =NAME the one of this
                    name; may be given several times.
                    What a missing case would have told is shown as `-`
  --json FILE       also write all figures to FILE
  --instructions    also count the user instructions of a call, a line or a request, by
                    valgrind: it takes some minutes and knows no noise
  -h, --help        this text

Everything that is compared is measured in one run, a little at a time, in turn; a ratio
is taken within a round, and what is printed is the median over the rounds, with half the
distance between the quartiles behind ±. A round during which other processes took more
than 4 % of the machine is repeated, at most five times, or once where there are many
rounds, as for servers. Goals are checked and printed, and but for gate's never make the
command fail: it measures, people decide.

valgrind is the program that VALGRIND names, or else the one on the PATH.

On an idle machine a benchmark takes about half a minute, transport a quarter of an hour; on a busy
one all that is repeated makes it several times that, and the figures are no good anyway.
";

/// What there is, in the order of `all`.
const NAMES: [&str; 8] =
    ["circuitbreaker", "endpoint", "log", "metrics", "ratelimit", "stack", "transport", "weight"];

/// Not one of them: it judges a change, and measures nothing that others do not.
const GATE: &str = "gate";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let Some(done) = inner(&words) {
        return done.map_or_else(
            |error| {
                eprintln!("oxkit-benches {}: {error}", words.join(" "));
                ExitCode::FAILURE
            },
            |()| ExitCode::SUCCESS,
        );
    }
    let (names, options) = match arguments() {
        Ok(Some(asked)) => asked,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("oxkit-benches: {error}; --help tells what there is");
            return ExitCode::from(2);
        }
    };
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: its figures mean nothing. Run it with --release.");
    }
    let mut reports: Vec<Report> = Vec::new();
    let mut code = ExitCode::SUCCESS;
    for name in names {
        match run(name, &options) {
            Ok(report) => {
                println!("{report}");
                if name == GATE && !report.is_reached() {
                    code = ExitCode::FAILURE;
                }
                reports.push(report);
            }
            Err(error) => {
                eprintln!("oxkit-benches {name}: {error}");
                code = ExitCode::FAILURE;
            }
        }
    }
    if let Some(file) = &options.json
        && let Err(error) = Report::save(&reports, file)
    {
        eprintln!("oxkit-benches: {}: {error}", file.display());
        code = ExitCode::FAILURE;
    }
    code
}

/// What this program starts itself as, and nobody by hand: the servers that are compared, and one
/// case under valgrind. `None` if this is not it.
fn inner(words: &[String]) -> Option<io::Result<()>> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", name] => Some(transport::serve(name)),
        ["calls", bench, case, calls] => {
            let calls = calls.parse().ok()?;
            Some(instructions::calls(oxkit_benches::cases(bench)?, case, calls))
        }
        _ => None,
    }
}

fn run(name: &str, options: &Options) -> io::Result<Report> {
    match name {
        "circuitbreaker" => circuitbreaker::run(options),
        "endpoint" => endpoint::run(options),
        GATE => transport::gate(),
        "log" => log::run(options),
        "metrics" => metrics::run(options),
        "ratelimit" => ratelimit::run(options),
        "stack" => stack::run(options),
        "transport" => transport::run(options),
        "weight" => weight::run(options),
        _ => unreachable!("only known names get here"),
    }
}

fn arguments() -> Result<Option<(Vec<&'static str>, Options)>, lexopt::Error> {
    let mut names = Vec::new();
    let mut options = Options::default();
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(None),
            Arg::Long("quick") => options.quick = true,
            Arg::Long("only") => options.only.push(parser.value()?.string()?),
            Arg::Long("instructions") => options.instructions = true,
            Arg::Long("json") => options.json = Some(parser.value()?.into()),
            Arg::Value(value) => match value.to_str() {
                Some("all") => names.extend(NAMES),
                Some(GATE) => names.push(GATE),
                Some(name) if NAMES.contains(&name) => {
                    names.extend(NAMES.into_iter().filter(|known| *known == name));
                }
                _ => return Err(format!("there is no benchmark {}", value.display()).into()),
            },
            _ => return Err(argument.unexpected()),
        }
    }
    if names.is_empty() {
        return Err("say what to measure".into());
    }
    Ok(Some((names, options)))
}
