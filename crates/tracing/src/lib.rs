//! Distributed tracing for oxkit: being built.
