//! JSON-RPC 2.0 over HTTP: endpoints as the methods of a server, and remote methods as endpoints.

#[cfg(any(feature = "server", feature = "client"))]
mod call;
#[cfg(feature = "client")]
mod client;
pub mod codes;
mod error;
#[cfg(any(feature = "server", feature = "client"))]
mod message;
mod request_id;
#[cfg(feature = "server")]
mod server;

#[cfg(any(feature = "server", feature = "client"))]
pub use call::Call;
#[cfg(feature = "client")]
pub use client::{AutoIncrement, Batch, BatchAnswers, BatchClient, Client, IdGenerator, Place};
pub use error::Error;
pub use request_id::RequestId;
pub use serde_json::value::{RawValue, to_raw_value};
#[cfg(feature = "server")]
pub use server::{CallReport, Params, Server};

/// The service that operations are of until another name is given.
#[cfg(any(feature = "server", feature = "client"))]
const SERVICE: &str = "jsonrpc";
