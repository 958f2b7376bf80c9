//! The layers as their users see them, each in its own file, and the contract they all keep.

mod catch_panic;
mod concurrency_limit;
mod contract;
mod for_operation;
mod from_fn;
mod map;
mod order;
mod shape;
mod shed;
mod timeout;
#[cfg(feature = "tower")]
mod tower;
