//! Endpoints behind gRPC, called over real connections.

mod bad_input;
mod deadlines;
mod errors;
mod hooks;
mod services;
mod streaming;
mod support;
mod unary;
