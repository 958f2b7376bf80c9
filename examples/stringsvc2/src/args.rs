//! The command line.

use std::{fmt::Display, process::exit};

use lexopt::prelude::*;

const HELP: &str = "\
Serves POST /uppercase, POST /count and GET /metrics over HTTP.
Stops gracefully on SIGINT and SIGTERM.

Usage: stringsvc2 [--listen ADDRESS]

      --listen ADDRESS  where to listen [default: 127.0.0.1:8080]
  -h, --help            print this and exit

Try it:
  curl -d '{\"s\":\"hello, world\"}' localhost:8080/uppercase
  curl localhost:8080/metrics
";

/// Where to listen. Ends the process after `--help` and on a mistake.
pub(crate) fn listen() -> String {
    parse().unwrap_or_else(|mistake| fail(format_args!("{mistake}\nTry --help.")))
}

/// Ends the process with the reason.
pub(crate) fn fail(reason: impl Display) -> ! {
    eprintln!("stringsvc2: {reason}");
    exit(2)
}

fn parse() -> Result<String, lexopt::Error> {
    let mut listen = "127.0.0.1:8080".to_owned();
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            Long("listen") => listen = args.value()?.parse()?,
            Short('h') | Long("help") => {
                print!("{HELP}");
                exit(0)
            }
            _ => return Err(arg.unexpected()),
        }
    }
    Ok(listen)
}
