//! One service on every transport at once, interchangeable with Go kit's addsvc, and clients that
//! look like the service.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use addsvc::{AddService, Basic, Calling, Limits, Serving, transport};
//! use oxkit_core::Context;
//! use oxkit_log::{Discard, Logger};
//! use oxkit_metrics::Registry;
//! use oxkit_tracing::{Propagation, W3c};
//! use oxkit_transport_http::{Pool, listen, serve};
//!
//! // The service, its endpoints with everything around them, a transport, a listener.
//! let serving = Serving::new(Logger::new(Discard), &Registry::new())?.limits(Limits::NONE);
//! let endpoints = serving.endpoints(&Arc::new(Basic))?;
//! let routes = transport::http::routes(&endpoints, &Propagation::new(W3c::new()));
//! let listener = listen("127.0.0.1:0").await?;
//! let base = format!("http://{}", listener.local_addr()?).parse()?;
//! tokio::spawn(async move { serve(listener, routes).await });
//!
//! // A client, which is the service as far as anybody can see.
//! let service = transport::http::client(&Pool::new(), &base, &Calling::new());
//! assert_eq!(service.sum(Context::new(), 1, 2).await?, 3);
//! let error = service.sum(Context::new(), 0, 0).await.unwrap_err();
//! assert_eq!(error.to_string(), "can't sum two zeroes");
//! # Ok(())
//! # }
//! ```
//!
//! # Where to read
//!
//! From the inside out, as a call sees it from behind:
//!
//! | module | what it holds |
//! |---|---|
//! | [`service`] | the business logic: a trait, its errors, its rules |
//! | [`logging`], [`instrumenting`] | middlewares of the service, which know what is added |
//! | the types here | endpoints: one for each method, and the layers around them on both sides |
//! | [`streaming`] | an endpoint of streams |
//! | [`transport`] | servers and clients |
//! | `main.rs` | the program: all of it put together by hand |

mod endpoints;
pub mod instrumenting;
pub mod logging;
pub mod pb;
pub mod service;
pub mod streaming;
pub mod transport;

pub(crate) use endpoints::answered;
pub use endpoints::{
    Answer, Calling, ConcatRequest, Endpoints, Limit, Limits, Method, Serving, SumRequest, concat,
    operation, sum,
};
pub use service::{AddError, AddService, Basic};
