//! Structured logging: key-value pairs in, one line of logfmt or JSON out.

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
pub use endpoint::{Logging, LooksAtResponse, OnlyErrors, ResponsesToo};
pub use filter::{Allow, Filter};
pub use format::{Duplicates, Format, InvalidKey};
pub use lazy::{Lazy, caller};
pub use level::{Level, ParseLevelError};
pub use lines::{Lines, When};
pub use logger::Logger;
pub use output::{NonBlocking, NonBlockingBuilder, NonBlockingGuard, Output, SyncWriter};
pub use record::{Field, Record};
pub use sink::{Discard, Sink};
pub use swap::Swap;
pub use time::{InvalidTimeFormat, timestamp_format, timestamp_local, timestamp_utc};
pub use value::{Caller, StoredValue, ToValue, Value};
