//! Structured logging: key-value pairs in, one line of logfmt or JSON out.
//!
//! ```
//! use oxkit_log::{Allow, Filter, Lines, Logger, caller, error, info, timestamp_utc};
//!
//! # fn connect() -> Result<(), std::io::Error> { Ok(()) }
//! // In `main`, once; then it is passed to whoever logs.
//! let logger = Logger::new(Lines::logfmt(std::io::stderr()))
//!     .with_filter(Filter::new(Allow::Info))
//!     .with("ts", timestamp_utc())
//!     .with("caller", caller());
//!
//! info!(logger, "listening", addr = "127.0.0.1:8080");
//! // level=info ts=2026-11-22T15:04:05.123456789Z caller=main.rs:9 msg=listening addr=127.0.0.1:8080
//!
//! let requests = logger.with("component", "http");
//! if let Err(error) = connect() {
//!     error!(requests, "no database", err = %error);
//! }
//! ```
//!
//! # When to use it, and when not
//!
//! Use it for lines that people search and machines read, from the first line of `main` to the last
//! request. Keys and values are data, so they may be known only at run time; a [`Logger`] is a
//! value, so a component logs what its caller gave it and nothing is set up globally.
//!
//! Libraries that log with `tracing` or `log` need no change: [`FromTracing`] and [`FromLog`] send
//! their events, spans included, to the same logger. If spans are what you want most, write
//! `tracing` in your own code as well and keep this crate for the lines.
//!
//! Numbers that are watched over time belong into metrics. Files are not rotated here and nothing
//! is sent over a network: a service writes to standard error, and what runs it takes it from there.
//!
//! # The pieces
//!
//! | to | use |
//! |---|---|
//! | log an event | [`debug!`], [`info!`], [`warn!`], [`error!`], [`log!`] without level, [`event!`] for a level that is a value |
//! | say something in every event | [`Logger::with`], [`with_prefix`](Logger::with_prefix), [`with_suffix`](Logger::with_suffix) |
//! | find out what to say for each event | [`timestamp_utc`], [`timestamp_local`], [`timestamp_format`], [`caller`], [`Lazy`] |
//! | let events through by level, changeable at run time | [`Filter`] |
//! | write lines | [`Lines::logfmt`], [`Lines::json`] |
//! | write them to any writer, or without ever waiting for it | [`SyncWriter`], [`NonBlocking`] |
//! | color them on a terminal | [`Lines::colored`] |
//! | exchange the destination at run time | [`Swap`] |
//! | write a destination of your own | [`Sink`], or [`Output`] for one that takes lines |
//! | log every call of an endpoint | [`Logging`] |
//!
//! # How an event is handled
//!
//! ```text
//!  info!(logger, key = value)
//!     |   1. level against the logger's filter: one load. If it does not pass, that was all
//!     |   2. the sink, whether it wants it
//!     v   3. values are borrowed, on the stack
//!   Sink      level + prefixes + context + own pairs + suffixes, as one Record
//!     v   4. context is copied in, encoded when the logger was first used; lazy values evaluated
//!  Output     one line, one write; the lock is taken only now
//! ```
//!
//! Steps 3 and 4 allocate nothing: the line grows in a buffer that its thread uses again. What a
//! value's own `Display` does is up to it.
//!
//! The call form cannot fail, because there is nothing an application would do about it in each
//! place: an event that could not be written is counted, see [`Logger::errors`].
//! [`Logger::try_log`] is for those who must know.
//!
//! # What a line looks like
//!
//! Pairs keep the order in which they were said, in both formats: level, prefixes, context, the
//! event's own, suffixes. In JSON a key is there once, the last one counts; logfmt keeps all
//! ([`Lines::duplicates`] changes either). How each kind of value is written: see [`Value`].
//!
//! * logfmt quotes a value that has a space, a control character, `=` or `"`. In keys these are
//!   left out; a key of which nothing is left is an error, [`InvalidKey`], and no line is written.
//! * JSON does not escape `<`, `>` and `&`.
//! * Control characters in keys and values never reach the output, so no peer can forge a line or
//!   drive a terminal.
//! * A value whose `Display` fails is written as far as it got; one that panics is written as
//!   `PANIC:` and the message. The line is not lost.
//!
//! Lines are those of Go kit's log package, so that what reads the ones reads the others, except:
//! JSON keeps its order where Go kit sorts; numbers that JSON lacks become texts where Go kit gives
//! up; the control characters U+007F to U+009F are escaped as well; small floats in logfmt have the
//! exponents of JSON.
//!
//! # Where the endpoint layer belongs
//!
//! [`Logging`] goes outermost, or just inside the panic boundary, so that it sees what all other
//! layers made of the call. See its page for the pairs it writes.
//!
//! # Defaults
//!
//! | setting | default | reason |
//! |---|---|---|
//! | [`Logger::with_filter`] | everything passes | a line too many is noticed, one too few is not |
//! | [`Filter::squelch_unleveled`] | no | an event without level was meant to be seen |
//! | [`Logger::with_default_level`] | none | a level says something |
//! | [`Lines::duplicates`] | JSON: last wins; logfmt: all | objects have each key once, lines need not |
//! | [`Lines::colored`] | no colors | files outnumber terminals |
//! | [`NonBlocking`] | 8192 lines, 4 MiB, 5 s to drain | see [`NonBlockingBuilder`] |
//!
//! # Features
//!
//! None is on by default, and none changes what another does.
//!
//! | feature | adds |
//! |---|---|
//! | `tracing` | [`FromTracing`], a layer for `tracing_subscriber`, and [`ToTracing`], a sink that emits `tracing` events |
//! | `log` | [`FromLog`], a `log::Log`, and [`ToLog`], a sink that sends to one |
//!
#![cfg_attr(
    not(feature = "tracing"),
    doc = "[`FromTracing`]: https://docs.rs/oxkit-log/latest/oxkit_log/struct.FromTracing.html",
    doc = "[`ToTracing`]: https://docs.rs/oxkit-log/latest/oxkit_log/struct.ToTracing.html"
)]
#![cfg_attr(
    not(feature = "log"),
    doc = "[`FromLog`]: https://docs.rs/oxkit-log/latest/oxkit_log/struct.FromLog.html",
    doc = "[`ToLog`]: https://docs.rs/oxkit-log/latest/oxkit_log/struct.ToLog.html"
)]

mod bridge;
mod color;
mod endpoint;
mod filter;
mod format;
mod keys;
mod lazy;
mod level;
mod lines;
mod logger;
mod macros;
mod named;
mod output;
mod record;
mod scratch;
mod segment;
mod sink;
mod swap;
mod time;
mod value;

#[cfg(feature = "log")]
pub use bridge::facade::{FromLog, ToLog};
#[cfg(feature = "tracing")]
pub use bridge::{layer::FromTracing, to_tracing::ToTracing};
pub use color::{Color, Paint};
pub use endpoint::Logging;
pub use filter::{Allow, Filter};
pub use format::{Duplicates, Format, InvalidKey};
pub use lazy::{Lazy, caller};
pub use level::{Level, ParseLevelError};
pub use lines::{Lines, When};
pub use logger::Logger;
pub use output::{NonBlocking, NonBlockingBuilder, NonBlockingGuard, Output, SyncWriter};
pub use oxkit_core::{LooksAtResponse, OnlyErrors, ResponsesToo};
pub use record::{Field, Record};
pub use sink::{Discard, Sink};
pub use swap::Swap;
pub use time::{InvalidTimeFormat, timestamp_format, timestamp_local, timestamp_utc};
pub use value::{Caller, StoredValue, ToValue, Value};
