//! Counts allocations.
fn main() {}
