//! The smallest service: two endpoints over HTTP.
fn main() {}
