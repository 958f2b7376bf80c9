//! The endpoints on the wire: for each transport a server and a client.
//!
//! | port | transport | module |
//! |---|---|---|
//! | 8080 | metrics, health and the like | [`debug`] |
//! | 8081 | HTTP with JSON | [`http`] |
//! | 8082 | gRPC | [`grpc`] |
//! | 8083 | Thrift | to come |
//! | 8084 | JSON-RPC over HTTP | [`jsonrpc`] |
//! | 8085 | Go's net/rpc | to come |
//! | any | HTTP and gRPC together | [`one_port`] |

pub mod debug;
pub mod grpc;
pub mod http;
mod json;
pub mod jsonrpc;
pub mod one_port;
