//! The quota that processes share: one limit for all, never slower than its budget, and going on by
//! itself when its server is away.
#![cfg(feature = "redis")]

mod away;
mod calls;
mod one_limit;
mod trouble;
