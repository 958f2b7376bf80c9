//! Remote HTTP methods as endpoints.
