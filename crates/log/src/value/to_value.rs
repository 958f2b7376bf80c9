//! How the macros turn what they are given into values.

use std::{
    borrow::Cow,
    panic::Location,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

use oxkit_core::{ErrorKind, RequestId};

use super::{Caller, Value};
use crate::Level;

/// What can stand after a key in a macro without a sigil.
///
/// Implemented for numbers, truth values, texts, durations, times, references and options of
/// those. For a type of your own it is one line, and then no `%` or `?` is needed:
///
/// ```
/// use oxkit_log::{ToValue, Value};
///
/// struct TodoId(u64);
///
/// impl ToValue for TodoId {
///     fn to_value(&self) -> Value<'_> {
///         Value::U64(self.0)
///     }
/// }
///
/// assert_eq!(Some(TodoId(7)).to_value().to_string(), "7");
/// ```
///
/// A [`Lazy`](crate::Lazy) is not one: it belongs into a logger's context, and giving it to an
/// event does not compile.
///
/// ```compile_fail
/// use oxkit_log::{Lines, Logger, info, timestamp_utc};
///
/// let logger = Logger::new(Lines::logfmt(std::io::stderr()));
/// info!(logger, ts = timestamp_utc());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be logged as it is",
    note = "log its `Display` form with `%value`, its `Debug` form with `?value`, or implement `ToValue`"
)]
pub trait ToValue {
    /// The value, borrowed.
    fn to_value(&self) -> Value<'_>;
}

macro_rules! scalar {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl ToValue for $type {
            #[inline]
            fn to_value(&self) -> Value<'_> {
                Value::$variant((*self).into())
            }
        }

        impl From<$type> for Value<'_> {
            #[inline]
            fn from(value: $type) -> Self {
                Value::$variant(value.into())
            }
        }
    )*};
}

scalar! {
    bool => Bool,
    i8 => I64, i16 => I64, i32 => I64, i64 => I64,
    u8 => U64, u16 => U64, u32 => U64, u64 => U64,
    f32 => F32, f64 => F64,
    Duration => Duration, SystemTime => Time,
}

impl ToValue for usize {
    #[inline]
    fn to_value(&self) -> Value<'_> {
        (*self).into()
    }
}

impl From<usize> for Value<'_> {
    #[inline]
    fn from(value: usize) -> Self {
        // No platform has wider ones.
        Value::U64(value as u64)
    }
}

impl ToValue for isize {
    #[inline]
    fn to_value(&self) -> Value<'_> {
        (*self).into()
    }
}

impl From<isize> for Value<'_> {
    #[inline]
    fn from(value: isize) -> Self {
        Value::I64(value as i64)
    }
}

macro_rules! displayed {
    ($($type:ty),* $(,)?) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> Value<'_> {
                Value::Display(self)
            }
        }
    )*};
}

// Wider than the numbers every reader of JSON can hold, so they are texts.
displayed!(i128, u128, char);

macro_rules! text {
    ($([$($life:tt)*] $type:ty => $self:ident $text:expr),* $(,)?) => {$(
        impl<$($life)*> ToValue for $type {
            #[inline]
            fn to_value(&$self) -> Value<'_> {
                Value::Str($text)
            }
        }
    )*};
}

text! {
    [] str => self self,
    [] String => self self.as_str(),
    ['a] Cow<'a, str> => self self.as_ref(),
    [] Level => self self.name(),
    [] ErrorKind => self self.name(),
    [] RequestId => self self.as_str(),
}

impl ToValue for Value<'_> {
    #[inline]
    fn to_value(&self) -> Value<'_> {
        *self
    }
}

impl ToValue for () {
    fn to_value(&self) -> Value<'_> {
        Value::Null
    }
}

impl ToValue for Location<'_> {
    fn to_value(&self) -> Value<'_> {
        Value::Caller(Caller::new(self.file(), self.line()))
    }
}

impl<T: ToValue> ToValue for Option<T> {
    #[inline]
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

macro_rules! pointer {
    ($($type:ty),* $(,)?) => {$(
        impl<T: ToValue + ?Sized> ToValue for $type {
            #[inline]
            fn to_value(&self) -> Value<'_> {
                (**self).to_value()
            }
        }
    )*};
}

pointer!(&T, &mut T, Box<T>, Rc<T>, Arc<T>);

impl<'a, T: ToValue + ?Sized> From<&'a T> for Value<'a> {
    #[inline]
    fn from(value: &'a T) -> Self {
        value.to_value()
    }
}

impl<'a, T: Into<Self>> From<Option<T>> for Value<'a> {
    #[inline]
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, T::into)
    }
}
