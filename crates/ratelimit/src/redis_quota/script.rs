//! The policy where the state is: a script that runs within the server.

use redis::{
    ErrorKind, FromRedisValue, RedisError, Script, ServerErrorKind, aio::ConnectionLike, cmd,
};

use crate::gcra::Gcra;

/// The GCRA of this crate, in the language of the server. It is one step to the server, so no
/// schedule of callers comes between reading and writing.
pub(super) const SOURCE: &str = include_str!("gcra.lua");

/// The script with its arguments.
#[derive(Debug)]
pub(super) struct Taking {
    script: Script,
    interval: u64,
    tolerance: u64,
}

impl Taking {
    pub(super) fn new(gcra: Gcra) -> Self {
        let (interval, tolerance) = gcra.nanos();
        Self { script: Script::new(SOURCE), interval, tolerance }
    }

    /// Takes a token of `key`: nothing if there was one, or the nanoseconds until there is.
    pub(super) async fn take(
        &self,
        connection: &mut impl ConnectionLike,
        key: &[u8],
    ) -> Result<u64, RedisError> {
        match self.run("EVALSHA", self.script.get_hash(), connection, key).await {
            // After a restart, or when scripts were flushed. This one runs it and keeps it, too.
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.run("EVAL", SOURCE, connection, key).await
            }
            answer => answer,
        }
    }

    async fn run<T: FromRedisValue>(
        &self,
        command: &str,
        script: &str,
        connection: &mut impl ConnectionLike,
        key: &[u8],
    ) -> Result<T, RedisError> {
        cmd(command)
            .arg(script)
            .arg(1)
            .arg(key)
            .arg(self.interval)
            .arg(self.tolerance)
            .query_async(connection)
            .await
    }
}
