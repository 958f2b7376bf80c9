//! What limiter, shedder and breaker do while a backend fails and recovers.

fn main() {}
