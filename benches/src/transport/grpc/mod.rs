//! gRPC servers: what a unary call of one small message costs, ours against tonic, grpc-go and Go
//! kit's transport.
//!
//! With many calls at once on a connection what counts is how many answers leave in one write; with
//! one, what the layers of a server cost. So both are measured.

mod frames;
mod load;

use std::io;

use super::{
    Entry, GRPC_GO, GRPC_GOKIT_STACK, GRPC_OXKIT, GRPC_STACK, TONIC,
    cost::{Cost, round},
};
use crate::harness::{Goal, Options};

pub(super) use load::{Load, check};

pub(super) const SERVICE: &str = "bench.Strings";
pub(super) const METHOD_NAME: &str = "Uppercase";
pub(super) const METHOD: &str = "/bench.Strings/Uppercase";

/// What is asked and what is answered: of `google.protobuf.StringValue`'s form, which Go has
/// generated code for.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Text {
    #[prost(string, tag = "1")]
    pub(super) text: String,
}

/// The business logic.
pub(super) fn uppercase(text: &str) -> Result<String, &'static str> {
    if text.is_empty() { Err("empty string") } else { Ok(text.to_uppercase()) }
}

/// A way to spread 64 calls at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    connections: usize,
    streams: usize,
    /// For the titles of tables and goals.
    pub(super) name: &'static str,
}

/// As the clients of a service that keep one connection each do.
pub(super) const MANY_STREAMS: Shape =
    Shape { connections: 8, streams: 8, name: "8 connections of 8 streams" };

/// Where answers cannot leave together.
pub(super) const ONE_STREAM: Shape =
    Shape { connections: 64, streams: 1, name: "64 connections of 1 stream" };

pub(super) fn measure(entries: &[Entry], shape: Shape, options: &Options) -> io::Result<Cost> {
    Cost::measure(&format!("gRPC, {}", shape.name), TONIC, entries, options, |_, server| {
        check(server.address)?;
        let mut load = Load::connect(server.address, shape.connections, shape.streams)?;
        load.run(options.load() / 10)?;
        round(server, || load.run(options.load()))
    })
}

pub(super) fn goals(many: &Cost, one: &Cost) -> Vec<Goal> {
    // What the whole stack may cost.
    const STACK: f64 = 0.9;
    let goal = |cost: &Cost, shape: Shape, what: &str, limit, of, to| {
        let what = format!("gRPC, {}: {what}", shape.name);
        Goal::at_least(what, limit, cost.rate(of, to).median(), "x")
    };
    let many = |what, limit, of, to| goal(many, MANY_STREAMS, what, limit, of, to);
    let one = |what, limit, of, to| goal(one, ONE_STREAM, what, limit, of, to);
    vec![
        many("bare, calls/s over tonic", 1.35, GRPC_OXKIT, TONIC),
        many("bare, calls/s over grpc-go", 1.2, GRPC_OXKIT, GRPC_GO),
        many("whole stack, calls/s over tonic", 1.35 * STACK, GRPC_STACK, TONIC),
        many("whole stack, calls/s over grpc-go", 1.2 * STACK, GRPC_STACK, GRPC_GO),
        many("whole stack, calls/s over Go kit's", 1.0, GRPC_STACK, GRPC_GOKIT_STACK),
        one("bare, calls/s over tonic", 0.98, GRPC_OXKIT, TONIC),
        one("whole stack, calls/s over tonic", 0.98 * STACK, GRPC_STACK, TONIC),
        one("whole stack, calls/s over Go kit's", 1.0, GRPC_STACK, GRPC_GOKIT_STACK),
    ]
}
