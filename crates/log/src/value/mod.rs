//! What can be logged under a key.

mod stored;
mod to_value;

use std::{
    error::Error,
    fmt::{self, Debug, Display, Write as _},
    time::{Duration, SystemTime},
};

pub use stored::StoredValue;
pub use to_value::ToValue;

/// A value under a key, borrowed for the time of one event.
///
/// It lives on the caller's stack: making one allocates nothing and formats nothing. The macros
/// make them through [`ToValue`]; a function call makes them by `From`.
///
/// | value | logfmt | JSON |
/// |---|---|---|
/// | `Null` | `null` | `null` |
/// | `Bool`, integers | as they are | as they are |
/// | `F64`, `F32` | shortest that reads back; `NaN`, `+Inf`, `-Inf` | the same; `"NaN"`, `"+Inf"`, `"-Inf"`, since JSON has no such numbers |
/// | `Str`, `Display`, `Debug` | text, quoted where it must be | string |
/// | `Error` | its text and those of its sources, with `: ` between them | the same, a string |
/// | `Bytes` | text, what is not UTF-8 as `\ufffd` | the same, a string |
/// | `Duration` | `1.5ms`, `2m3s` | the same, a string |
/// | `Time` | RFC 3339 in UTC with nanoseconds, trailing zeros trimmed | the same, a string |
///
/// ```
/// use oxkit_log::Value;
///
/// let text = Value::from("hello");
/// let number = Value::from(42);
/// let missing = Value::from(None::<&str>);
/// assert_eq!(format!("{text:?} {number:?} {missing:?}"), r#"Str("hello") I64(42) Null"#);
/// ```
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub enum Value<'a> {
    /// Nothing.
    #[default]
    Null,
    /// A truth value.
    Bool(bool),
    /// A signed integer.
    I64(i64),
    /// An unsigned integer.
    U64(u64),
    /// A number of single precision, which its shortest text shows.
    F32(f32),
    /// A number.
    F64(f64),
    /// A text.
    Str(&'a str),
    /// Text in some encoding, most likely UTF-8.
    Bytes(&'a [u8]),
    /// Whatever displays itself. A panic of its `Display` becomes part of the line.
    Display(&'a dyn Display),
    /// Whatever has a debug form. A panic of its `Debug` becomes part of the line.
    Debug(&'a dyn Debug),
    /// An error with its sources.
    Error(&'a (dyn Error + 'static)),
    /// A span of time.
    Duration(Duration),
    /// A point in time.
    Time(SystemTime),
    /// Where in the source an event was logged: `file.rs:12`.
    Caller(Caller<'a>),
}

impl<'a> Value<'a> {
    /// The text of whatever displays itself. In a macro: `key = %value`.
    pub const fn display(value: &'a dyn Display) -> Self {
        Self::Display(value)
    }

    /// The debug form of a value. In a macro: `key = ?value`.
    pub const fn debug(value: &'a dyn Debug) -> Self {
        Self::Debug(value)
    }

    /// An error's text followed by those of its sources, without repeating one that is the same as
    /// the text before.
    ///
    /// ```
    /// use oxkit_core::{Reason, Refusal};
    /// use oxkit_log::Value;
    ///
    /// let refusal = Refusal::new(Reason::NoInstance).with_source("registry is down");
    /// assert_eq!(Value::error(&refusal).to_string(), "no endpoints available: registry is down");
    /// ```
    pub const fn error(error: &'a (dyn Error + 'static)) -> Self {
        Self::Error(error)
    }
}

/// Where in the source an event was logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Caller<'a> {
    /// The file, with its path as the compiler was given it.
    pub file: &'a str,
    /// The line in it.
    pub line: u32,
}

impl<'a> Caller<'a> {
    pub(crate) const fn new(file: &'a str, line: u32) -> Self {
        Self { file, line }
    }

    /// The file without its directories.
    #[must_use]
    pub fn base(&self) -> &'a str {
        self.file.rsplit(['/', '\\']).next().unwrap_or(self.file)
    }
}

impl Display for Caller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.base(), self.line)
    }
}

/// An error's text followed by those of its sources. What says the same as the one before, as where
/// an error is wrapped and shows the inner one's text, is not said again.
pub(crate) fn write_chain(error: &(dyn Error + 'static), out: &mut dyn fmt::Write) -> fmt::Result {
    // A chain that leads back to itself must not keep the caller.
    const DEPTH: usize = 32;
    let mut next = error.source();
    if next.is_none() {
        return write!(out, "{error}");
    }
    // Texts can only be compared once they are there. Few errors come here: those that have a cause.
    let (mut said, mut text) = (String::new(), String::new());
    let whole = write!(said, "{error}");
    out.write_str(&said)?;
    whole?;
    for _ in 0..DEPTH {
        let Some(source) = next else { break };
        text.clear();
        let whole = write!(text, "{source}");
        if text != said {
            write!(out, ": {text}")?;
            std::mem::swap(&mut said, &mut text);
        }
        whole?;
        next = source.source();
    }
    Ok(())
}

/// The text of the value, neither quoted nor escaped. `Null` is `null`.
impl Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => Display::fmt(&value, f),
            Self::Str(text) => f.write_str(text),
            Self::Bytes(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::Display(value) => Display::fmt(value, f),
            Self::Debug(value) => Debug::fmt(value, f),
            Self::Error(error) => write_chain(error, f),
            Self::Caller(caller) => Display::fmt(&caller, f),
            Self::I64(_)
            | Self::U64(_)
            | Self::F32(_)
            | Self::F64(_)
            | Self::Duration(_)
            | Self::Time(_) => {
                let mut text = Vec::new();
                crate::format::write_plain(&mut text, self);
                f.write_str(&String::from_utf8_lossy(&text))
            }
        }
    }
}

impl Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, value): (&str, &dyn Debug) = match self {
            Self::Null => return f.write_str("Null"),
            Self::Bool(value) => ("Bool", value),
            Self::I64(value) => ("I64", value),
            Self::U64(value) => ("U64", value),
            Self::F32(value) => ("F32", value),
            Self::F64(value) => ("F64", value),
            Self::Str(value) => ("Str", value),
            Self::Bytes(value) => ("Bytes", value),
            Self::Display(value) => return write!(f, "Display({value})"),
            Self::Debug(value) => ("Debug", value),
            Self::Error(value) => ("Error", value),
            Self::Duration(value) => ("Duration", value),
            Self::Time(value) => ("Time", value),
            Self::Caller(value) => ("Caller", value),
        };
        f.debug_tuple(name).field(value).finish()
    }
}
