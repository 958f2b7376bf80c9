//! Two services of one trace: being built.

fn main() {}
