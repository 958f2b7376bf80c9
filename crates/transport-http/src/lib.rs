//! HTTP for oxkit endpoints.

#[cfg(feature = "axum")]
pub mod axum;
mod body;
#[cfg(feature = "server")]
mod errors;
#[cfg(feature = "server")]
mod handler;
mod headers;
#[cfg(feature = "server")]
mod json;
#[cfg(feature = "server")]
mod rejection;
#[cfg(feature = "server")]
mod router;
#[cfg(feature = "server")]
mod server;
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
#[cfg(feature = "client")]
mod uri;

pub use body::{Body, BodyError, Collect};
#[cfg(feature = "client")]
pub use client::{Client, ClientError, Pool};
#[cfg(feature = "server")]
pub use errors::{ErrorEncoder, GoKit, PlainText, Problem};
#[cfg(feature = "server")]
pub use handler::{Handler, TowerHandler, tower_handler};
pub use headers::{ERROR_KIND_HEADER, REQUEST_ID_HEADER, TIMEOUT_HEADER};
#[cfg(feature = "server")]
pub use rejection::Rejection;
#[cfg(feature = "server")]
pub use router::{PathParams, RouteError, Router, path_param};
#[cfg(feature = "server")]
pub use serve::{listen, serve};
#[cfg(feature = "server")]
pub use server::{
    Decode, Encode, Ended, JsonCodec, JsonOrFailureCodec, JsonReply, JsonResultCodec, Reply,
    Report, RequestHead, Server, WithContext, decode_json, decode_nothing, encode_json,
    with_context,
};
pub use status::{kind_of, status_of};
