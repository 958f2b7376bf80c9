//! The cases, each a function of a transport.
//!
//! Every one ends with the same questions: is nothing in flight, does the server end, and was every
//! finalizer told of each call once?

#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a case is a test, which ends where something is not as it must be"
)]

pub mod answers;
pub mod ends;
pub mod errors;
pub mod hooks;
pub mod time;

/// The words of the finalizers for a call that was answered.
const ANSWERED: (&str, Option<oxkit_core::ErrorKind>) = ("Answered", None);
