//! A value that a logger keeps.

use std::{
    borrow::Cow,
    error::Error,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use oxkit_core::RequestId;

use super::{Value, write_chain};
use crate::{Lazy, Level, record::About};

/// A value that a logger keeps in its context: a constant, or a [`Lazy`] that is evaluated for
/// each event.
///
/// Made by `From`; other types go in as text, by [`StoredValue::display`] or `to_string()`.
///
/// ```
/// use oxkit_log::{Lines, Logger, StoredValue};
///
/// let logger = Logger::new(Lines::logfmt(std::io::stderr()))
///     .with("service", "todosvc")
///     .with("shard", 3)
///     .with("zone", None::<&str>)
///     .with("listen", StoredValue::display(std::net::Ipv4Addr::LOCALHOST));
/// # drop(logger);
/// ```
#[derive(Clone)]
pub struct StoredValue(Stored);

#[derive(Clone)]
enum Stored {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    F32(f32),
    F64(f64),
    Text(Cow<'static, str>),
    Shared(Arc<str>),
    Duration(Duration),
    Time(SystemTime),
    Lazy(Lazy),
}

impl StoredValue {
    /// The text of whatever displays itself, taken now.
    #[must_use]
    pub fn display(value: impl fmt::Display) -> Self {
        crate::format::to_text(&Value::Display(&value)).into()
    }

    /// The debug form of a value, taken now.
    #[must_use]
    pub fn debug(value: impl fmt::Debug) -> Self {
        crate::format::to_text(&Value::Debug(&value)).into()
    }

    /// Keeps a copy of a borrowed value: numbers as they are, everything else as text.
    #[must_use]
    pub fn copy_of(value: Value<'_>) -> Self {
        Self(match value {
            Value::Null => Stored::Null,
            Value::Bool(value) => Stored::Bool(value),
            Value::I64(value) => Stored::I64(value),
            Value::U64(value) => Stored::U64(value),
            Value::F32(value) => Stored::F32(value),
            Value::F64(value) => Stored::F64(value),
            Value::Str(text) => Stored::Text(Cow::Owned(text.to_owned())),
            Value::Duration(value) => Stored::Duration(value),
            Value::Time(value) => Stored::Time(value),
            Value::Bytes(_)
            | Value::Display(_)
            | Value::Debug(_)
            | Value::Error(_)
            | Value::Caller(_) => Stored::Text(Cow::Owned(crate::format::to_text(&value))),
        })
    }

    /// Calls `read` with the value, evaluating it first if it is lazy.
    #[inline]
    pub(crate) fn read(&self, about: About<'_>, mut read: impl FnMut(Value<'_>)) {
        match &self.0 {
            Stored::Lazy(lazy) => lazy.evaluate(about, read),
            _ => read(self.constant().unwrap_or_default()),
        }
    }

    pub(crate) const fn lazy(&self) -> Option<&Lazy> {
        match &self.0 {
            Stored::Lazy(lazy) => Some(lazy),
            _ => None,
        }
    }

    /// The value unless it is lazy.
    pub(crate) fn constant(&self) -> Option<Value<'_>> {
        Some(match &self.0 {
            Stored::Null => Value::Null,
            Stored::Bool(value) => Value::Bool(*value),
            Stored::I64(value) => Value::I64(*value),
            Stored::U64(value) => Value::U64(*value),
            Stored::F32(value) => Value::F32(*value),
            Stored::F64(value) => Value::F64(*value),
            Stored::Text(text) => Value::Str(text),
            Stored::Shared(text) => Value::Str(text),
            Stored::Duration(value) => Value::Duration(*value),
            Stored::Time(value) => Value::Time(*value),
            Stored::Lazy(_) => return None,
        })
    }
}

impl fmt::Debug for StoredValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.constant(), &self.0) {
            (Some(value), _) => fmt::Debug::fmt(&value, f),
            (None, Stored::Lazy(lazy)) => fmt::Debug::fmt(lazy, f),
            (None, _) => f.write_str("StoredValue"),
        }
    }
}

macro_rules! from {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl From<$type> for StoredValue {
            fn from(value: $type) -> Self {
                Self(Stored::$variant(value.into()))
            }
        }
    )*};
}

from! {
    bool => Bool,
    i8 => I64, i16 => I64, i32 => I64, i64 => I64,
    u8 => U64, u16 => U64, u32 => U64, u64 => U64,
    f32 => F32, f64 => F64,
    &'static str => Text, String => Text, Cow<'static, str> => Text,
    Arc<str> => Shared,
    Duration => Duration, SystemTime => Time,
    Lazy => Lazy,
}

impl From<usize> for StoredValue {
    fn from(value: usize) -> Self {
        Self::copy_of(value.into())
    }
}

impl From<isize> for StoredValue {
    fn from(value: isize) -> Self {
        Self::copy_of(value.into())
    }
}

impl From<Level> for StoredValue {
    fn from(level: Level) -> Self {
        level.name().into()
    }
}

impl From<&RequestId> for StoredValue {
    fn from(id: &RequestId) -> Self {
        Self::copy_of(Value::Str(id.as_str()))
    }
}

impl From<&(dyn Error + 'static)> for StoredValue {
    fn from(error: &(dyn Error + 'static)) -> Self {
        let mut text = String::new();
        // What an error's `Display` wrote before it failed is all there is to keep.
        let _ = write_chain(error, &mut text);
        text.into()
    }
}

impl<T: Into<Self>> From<Option<T>> for StoredValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(Stored::Null), T::into)
    }
}
