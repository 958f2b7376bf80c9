//! Bridges to and from `tower::Service` and tower layers. Feature `tower`.
//!
//! | you have | you want | use | a call costs |
//! |---|---|---|---|
//! | an endpoint | a tower service | [`EndpointService`] | one `Arc` clone and one allocation |
//! | a tower service | an endpoint | [`ServiceEndpoint`] | one clone of the service |
//! | a tower layer | a layer for endpoints | [`tower_layer`] | both |
//!
//! The allocation is for the future, which tower must name and stable Rust cannot. Only the trait
//! crates of tower are pulled in.
//!
//! A layer of ours need not be turned into a tower layer: apply it to the endpoint before that
//! becomes a service.

mod call;
mod endpoint;
mod error;
mod layer;
mod oneshot;
mod service;

pub use call::Call;
pub use endpoint::ServiceEndpoint;
pub use layer::{TowerLayer, TowerLayerEndpoint, tower_layer};
pub use service::{EndpointFuture, EndpointService};
