//! pending
fn main() {}
