//! The command line.

use std::{fmt::Display, path::PathBuf, process::exit, time::Duration};

use lexopt::prelude::*;
use oxkit_log::{Allow, Format};

const HELP: &str = "\
Keeps todos and serves them over HTTP. Stops gracefully on SIGINT and SIGTERM.

Usage: todosvc [OPTIONS]

      --listen ADDRESS     where to listen [default: 127.0.0.1:8080]
      --database FILE      keep todos in this SQLite file [default: in memory]
      --errors FORM        how errors are told: problem (RFC 9457) or gokit [default: problem]
      --timeout SECONDS    how long one call may take [default: 5]
      --drain SECONDS      how long requests in flight may take at the end [default: 20]
      --log-format FORMAT  logfmt or json [default: logfmt]
      --log-level LEVEL    debug, info, warn, error or none [default: info]
  -h, --help               print this and exit

Try it:
  curl -d '{\"title\":\"buy milk\"}' localhost:8080/todos
  curl 'localhost:8080/todos?done=false'
  curl -X POST localhost:8080/todos/1/complete
  curl -X DELETE localhost:8080/todos/1
";

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Args {
    /// Where to listen.
    pub(crate) listen: String,
    /// The SQLite file, or memory.
    pub(crate) database: Option<PathBuf>,
    /// How errors are told.
    pub(crate) errors: ErrorForm,
    /// How long one call may take.
    pub(crate) timeout: Duration,
    /// How long requests in flight may take at the end.
    pub(crate) drain: Duration,
    /// The form of a log line.
    pub(crate) log_format: Format,
    /// What is logged.
    pub(crate) log_level: Allow,
}

/// How errors are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// Problem details, RFC 9457.
    Problem,
    /// `{"error": …}`.
    GoKit,
}

impl Args {
    /// Reads the command line. Ends the process after `--help` and on a mistake.
    #[must_use]
    pub(crate) fn read() -> Self {
        Self::parse().unwrap_or_else(|mistake| fail(format_args!("{mistake}\nTry --help.")))
    }

    fn parse() -> Result<Self, lexopt::Error> {
        let mut args = Self {
            listen: "127.0.0.1:8080".to_owned(),
            database: None,
            errors: ErrorForm::Problem,
            timeout: Duration::from_secs(5),
            drain: Duration::from_secs(20),
            log_format: Format::Logfmt,
            log_level: Allow::Info,
        };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("listen") => args.listen = parser.value()?.parse()?,
                Long("database") => args.database = Some(parser.value()?.into()),
                Long("errors") => {
                    args.errors = parser.value()?.parse_with(|form| match form {
                        "problem" => Ok(ErrorForm::Problem),
                        "gokit" => Ok(ErrorForm::GoKit),
                        _ => Err("expected problem or gokit"),
                    })?;
                }
                Long("timeout") => args.timeout = parser.value()?.parse_with(seconds)?,
                Long("drain") => args.drain = parser.value()?.parse_with(seconds)?,
                Long("log-format") => {
                    args.log_format = parser.value()?.parse_with(|format| match format {
                        "logfmt" => Ok(Format::Logfmt),
                        "json" => Ok(Format::Json),
                        _ => Err("expected logfmt or json"),
                    })?;
                }
                Long("log-level") => args.log_level = parser.value()?.parse()?,
                Short('h') | Long("help") => {
                    print!("{HELP}");
                    exit(0)
                }
                _ => return Err(arg.unexpected()),
            }
        }
        Ok(args)
    }
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let number: f64 = text.parse().map_err(|_| "expected a number of seconds")?;
    Duration::try_from_secs_f64(number).map_err(|_| "expected a number of seconds")
}

/// Ends the process with the reason.
pub(crate) fn fail(reason: impl Display) -> ! {
    eprintln!("todosvc: {reason}");
    exit(2)
}
