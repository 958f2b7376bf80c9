//! HTTP for oxkit endpoints.

mod body;
mod headers;
mod status;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "jsonrpc")]
pub mod jsonrpc;
#[cfg(feature = "proxy")]
pub mod proxy;
#[cfg(feature = "server")]
pub mod serve;

pub use body::{Body, BodyError};
pub use headers::{ERROR_KIND_HEADER, REQUEST_ID_HEADER, TIMEOUT_HEADER};
pub use status::{kind_of, status_of};
