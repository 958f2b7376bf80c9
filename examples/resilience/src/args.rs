//! The command line.

use std::{fmt::Display, io::IsTerminal, path::PathBuf, process::exit};

use lexopt::prelude::*;

const HELP: &str = "\
Plays a minute in the life of a service whose backend is flooded, slows down, fails and
recovers, and shows each second what rate limit, shedder and circuit breaker do about it.

Usage: resilience [OPTIONS]

      --fast        play it at once, on a virtual clock, instead of in a minute
      --svg FILE    also draw it, into this file
      --color WHEN  auto, always or never [default: auto, on a terminal unless NO_COLOR is set]
  -h, --help        print this and exit

Each row is one second, and each cell of its bar ten calls:
  answered  the backend did it
  failed    the backend failed, or took longer than a second
  broken    refused by the open circuit breaker
  shed      refused because the backend has as many calls as it can serve quickly;
            calls of the batch job make room before those of users
  limited   refused because the caller makes more than 200 calls a second
Then: how many of the calls of users and of the batch job were answered, how long half of
the answers and all but one in a hundred took, how many calls the adaptive limit lets be in
flight, and the state of the breaker.

What is shown is the same each time, with --fast and without.
";

/// What the command line says.
#[derive(Debug)]
pub(crate) struct Args {
    /// Do not wait between the seconds.
    pub(crate) fast: bool,
    /// Where to draw it.
    pub(crate) svg: Option<PathBuf>,
    /// Whether to use colours.
    pub(crate) color: bool,
}

impl Args {
    /// Reads the command line. Ends the process after `--help` and on a mistake.
    pub(crate) fn read() -> Self {
        Self::parse().unwrap_or_else(|mistake| fail(format_args!("{mistake}\nTry --help.")))
    }

    fn parse() -> Result<Self, lexopt::Error> {
        let mut args = Self { fast: false, svg: None, color: wants_color() };
        let mut parser = lexopt::Parser::from_env();
        while let Some(arg) = parser.next()? {
            match arg {
                Long("fast") => args.fast = true,
                Long("svg") => args.svg = Some(parser.value()?.into()),
                Long("color") => {
                    args.color = parser.value()?.parse_with(|when| match when {
                        "auto" => Ok(wants_color()),
                        "always" => Ok(true),
                        "never" => Ok(false),
                        _ => Err("expected auto, always or never"),
                    })?;
                }
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

fn wants_color() -> bool {
    std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none()
}

/// Ends the process with the reason.
pub(crate) fn fail(reason: impl Display) -> ! {
    eprintln!("resilience: {reason}");
    exit(2)
}
