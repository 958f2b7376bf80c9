//! Values that write themselves: what they write, and what becomes of one that fails.

use std::fmt::{self, Write};

use oxkit_core::future::Panic;

use crate::{Value, value::write_chain};

/// Lets a value write its text piece by piece.
///
/// An error it gives is not heeded: what it wrote before stays, and the line is not lost. If it
/// panics, the panic ends here and its message is returned; on the other path catching costs
/// nothing.
pub(super) fn write_own<W: Write>(out: &mut W, value: &Value<'_>) -> Result<(), String> {
    let write = || {
        let _: fmt::Result = match *value {
            Value::Display(value) => write!(out, "{value}"),
            Value::Debug(value) => write!(out, "{value:?}"),
            Value::Error(error) => write_chain(error, out),
            Value::Caller(caller) => write!(out, "{caller}"),
            _ => write!(out, "{value}"),
        };
    };
    // What was written is cut off by whoever is told of the panic, and the value is not used again.
    Panic::catch(write).map_err(|panic| panic.message().to_owned())
}

/// The text of a value, neither quoted nor escaped, that never panics.
pub(crate) fn to_text(value: &Value<'_>) -> String {
    let mut text = String::new();
    match write_own(&mut text, value) {
        Ok(()) => text,
        Err(message) => format!("PANIC:{message}"),
    }
}
