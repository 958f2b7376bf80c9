//! One service on every transport.
