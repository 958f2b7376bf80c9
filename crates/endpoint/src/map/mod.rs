//! Layers that change a type on its way: the request, the response or the error.

mod error;
mod plumbing;
mod request;
mod response;
mod try_request;

pub use error::{MapError, MapErrorEndpoint, map_error};
pub use request::{MapRequest, MapRequestEndpoint, map_request};
pub use response::{MapResponse, MapResponseEndpoint, map_response};
pub use try_request::{TryMapRequest, TryMapRequestEndpoint, try_map_request};
