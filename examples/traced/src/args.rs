//! The command line.

use std::{fmt::Display, process::exit};

use lexopt::prelude::*;
use oxkit_tracing::Ratio;

const HELP: &str = "\
Serves POST /title, which capitalizes words with the help of a second service in the same process.

Usage: traced [OPTIONS]

      --listen ADDRESS  where to listen [default: 127.0.0.1:8080]
      --otlp URL        where spans go, such as http://127.0.0.1:4318 [default: nowhere]
      --ratio RATIO     what part of all traces to record [default: 1]
      --flaky           has the second service refuse every other call
  -h, --help            print this and exit
";

/// What the program was told.
#[derive(Debug)]
pub(crate) struct Args {
    pub(crate) listen: String,
    pub(crate) otlp: Option<String>,
    pub(crate) ratio: Ratio,
    pub(crate) flaky: bool,
}

impl Args {
    /// Ends the process after `--help` and on a mistake.
    pub(crate) fn read() -> Self {
        parse().unwrap_or_else(|mistake| fail(format_args!("{mistake}\nTry --help.")))
    }
}

/// Ends the process with the reason.
pub(crate) fn fail(reason: impl Display) -> ! {
    eprintln!("traced: {reason}");
    exit(2)
}

fn parse() -> Result<Args, lexopt::Error> {
    let mut listen = "127.0.0.1:8080".to_owned();
    let (mut otlp, mut ratio, mut flaky) = (None, 1.0, false);
    let mut args = lexopt::Parser::from_env();
    while let Some(arg) = args.next()? {
        match arg {
            Long("listen") => listen = args.value()?.parse()?,
            Long("otlp") => otlp = Some(args.value()?.parse()?),
            Long("ratio") => ratio = args.value()?.parse()?,
            Long("flaky") => flaky = true,
            Short('h') | Long("help") => {
                print!("{HELP}");
                exit(0)
            }
            _ => return Err(arg.unexpected()),
        }
    }
    let ratio = Ratio::new(ratio).map_err(|error| lexopt::Error::Custom(error.into()))?;
    Ok(Args { listen, otlp, ratio, flaky })
}
