//! What the tests of the examples share: an example as a process, and HTTP spoken by hand, so that
//! what they test is not also what they test with.

mod http;
mod process;

pub use http::{Answer, Connection, exchange};
pub use process::Process;

/// The programs in the README, compiled so that they stay true.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
