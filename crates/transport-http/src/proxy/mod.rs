//! A reverse proxy to a single host.
