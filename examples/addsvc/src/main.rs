//! One service on every transport.

fn main() {}
