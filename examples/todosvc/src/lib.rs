//! A service in three layers: business logic in [`service`], one typed method each in
//! [`endpoints`], and [`http`] as its transport. `main` puts them together.

pub mod endpoints;
pub mod http;
pub mod logging;
pub mod service;
pub mod store;
