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
#[cfg(any(feature = "tls-ring", feature = "tls-aws-lc"))]
pub mod tls;

pub use body::{Body, BodyError};
pub use headers::{ERROR_KIND_HEADER, REQUEST_ID_HEADER, TIMEOUT_HEADER};
#[cfg(feature = "server")]
pub use serve::serve;
pub use status::{kind_of, status_of};
