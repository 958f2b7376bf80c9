//! What the tests of the examples share: an example as a process, and HTTP spoken by hand, so that
//! what they test is not also what they test with.

mod process;

pub use process::Process;
pub use testing_servers::http::{Answer, Connection, exchange};

/// The programs in the README, compiled so that they stay true.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
