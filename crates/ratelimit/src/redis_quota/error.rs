//! Why there is no server.

use std::{error::Error, fmt};

use redis::RedisError;

/// The text is not the address of a Redis server.
#[derive(Debug)]
pub struct InvalidRedisUrl(RedisError);

impl InvalidRedisUrl {
    pub(super) const fn new(source: RedisError) -> Self {
        Self(source)
    }
}

impl fmt::Display for InvalidRedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the address of a Redis server; expected one such as redis://host:6379")
    }
}

impl Error for InvalidRedisUrl {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// The Redis server cannot be reached, does not answer in time, or refuses.
#[derive(Debug)]
pub struct RedisUnavailable(RedisError);

impl RedisUnavailable {
    pub(super) const fn new(source: RedisError) -> Self {
        Self(source)
    }
}

impl fmt::Display for RedisUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the Redis server is not available")
    }
}

impl Error for RedisUnavailable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}
