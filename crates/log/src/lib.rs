//! Structured logging: key-value pairs in, one line of logfmt or JSON out.

mod color;
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

pub use color::{Color, Paint};
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
