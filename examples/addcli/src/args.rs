//! The command line.

use std::{fmt::Display, process::exit, time::Duration};

use lexopt::prelude::*;

const HELP: &str = "\
Calls addsvc, over one of its transports or over all of them.

Usage: addcli [OPTIONS] sum A B
       addcli [OPTIONS] concat A B

Over which transport:
      --http               HTTP with JSON, which is the default
      --grpc               gRPC
      --jsonrpc            JSON-RPC 2.0 over HTTP
      --all                each of them, and shows what each answered and how fast

Where addsvc is:
      --http-addr ADDRESS     [default: 127.0.0.1:8081]
      --grpc-addr ADDRESS     [default: 127.0.0.1:8082]
      --jsonrpc-addr ADDRESS  [default: 127.0.0.1:8084]

How long to wait:
      --patience SECONDS   when addsvc says that it was called too often and when to come back, wait
                           so long at most, and try again [default: 5]

  -h, --help               print this and exit

Exits with 0 if every call had a result, with 1 if one had an error, and with 2 if it was not
understood. A number that begins with a minus goes after `--`: addcli sum -- -1 2
";

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) transports: Vec<Transport>,
    pub(crate) is_all: bool,
    pub(crate) http: String,
    pub(crate) grpc: String,
    pub(crate) jsonrpc: String,
    pub(crate) patience: Duration,
    pub(crate) what: What,
}

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) enum What {
    Sum(i64, i64),
    Concat(String, String),
}

/// Over what it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Http,
    Grpc,
    JsonRpc,
}

impl Transport {
    pub(crate) const ALL: [Self; 3] = [Self::Http, Self::Grpc, Self::JsonRpc];

    /// Where it is called.
    pub(crate) fn address(self, args: &Args) -> &str {
        match self {
            Self::Http => &args.http,
            Self::Grpc => &args.grpc,
            Self::JsonRpc => &args.jsonrpc,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Grpc => "gRPC",
            Self::JsonRpc => "JSON-RPC",
        }
    }
}

impl Args {
    /// Reads the command line. Ends the process after `--help` and on a mistake.
    #[must_use]
    pub(crate) fn read() -> Self {
        Self::parse().unwrap_or_else(|mistake| fail(format_args!("{mistake}\nTry --help.")))
    }

    fn parse() -> Result<Self, lexopt::Error> {
        let mut chosen = Vec::new();
        let mut is_all = false;
        let mut http = "127.0.0.1:8081".to_owned();
        let mut grpc = "127.0.0.1:8082".to_owned();
        let mut jsonrpc = "127.0.0.1:8084".to_owned();
        let mut patience = Duration::from_secs(5);
        let mut words = Vec::new();
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("http") => chosen.push(Transport::Http),
                Long("grpc") => chosen.push(Transport::Grpc),
                Long("jsonrpc") => chosen.push(Transport::JsonRpc),
                Long("all") => is_all = true,
                Long("http-addr") => http = parser.value()?.parse()?,
                Long("grpc-addr") => grpc = parser.value()?.parse()?,
                Long("jsonrpc-addr") => jsonrpc = parser.value()?.parse()?,
                Long("patience") => patience = parser.value()?.parse_with(seconds)?,
                Short('h') | Long("help") => {
                    print!("{HELP}");
                    exit(0)
                }
                Short('0'..='9') => {
                    return Err("a number with a minus goes after `--`: addcli sum -- -1 2".into());
                }
                Value(word) => words.push(word.string()?),
                _ => return Err(arg.unexpected()),
            }
        }
        let transports = match (is_all, &*chosen) {
            (true, _) => Transport::ALL.to_vec(),
            (false, []) => vec![Transport::Http],
            (false, [one]) => vec![*one],
            (false, _) => return Err("say one transport, or --all".into()),
        };
        let what = what(&words)?;
        Ok(Self { transports, is_all, http, grpc, jsonrpc, patience, what })
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    text.parse().map(Duration::from_secs).map_err(|_| "expected a number of seconds")
}

fn what(words: &[String]) -> Result<What, lexopt::Error> {
    let number = |word: &String| {
        word.parse().map_err(|_| lexopt::Error::from(format!("{word:?} is no number of 64 bits")))
    };
    match words {
        [what, a, b] if what == "sum" => Ok(What::Sum(number(a)?, number(b)?)),
        [what, a, b] if what == "concat" => Ok(What::Concat(a.clone(), b.clone())),
        _ => Err("expected `sum A B` or `concat A B`".into()),
    }
}

/// Ends the process with the reason.
pub(crate) fn fail(reason: impl Display) -> ! {
    eprintln!("addcli: {reason}");
    exit(2)
}
