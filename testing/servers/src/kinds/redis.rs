//! Redis.

use std::{
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use crate::{Kind, Server, Set, Source, ports::free_address};

/// A Redis server; what it holds is written to disk when it is stopped, and lost when it is killed.
#[derive(Debug)]
pub struct Redis {
    address: SocketAddr,
}

/// Starts Redis.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn redis() -> Server<Redis> {
    Server::started()
}

impl Server<Redis> {
    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.kind().address
    }

    /// Sends one command and returns the first line of the answer, as the protocol has it: `+PONG`,
    /// `:42`, `$3`.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    #[must_use]
    pub fn ask(&self, command: &str) -> String {
        self.kind().ask(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }
}

impl Redis {
    fn ask(&self, command: &str) -> io::Result<String> {
        let patience = Duration::from_secs(5);
        let mut stream = TcpStream::connect_timeout(&self.address, patience)?;
        stream.set_read_timeout(Some(patience))?;
        stream.write_all(format!("{command}\r\n").as_bytes())?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line.trim_end().to_owned())
    }
}

impl Kind for Redis {
    const SET: Set = Set {
        name: "redis",
        source: Source::Debian {
            suite: "bookworm",
            packages: &["redis-server"],
            programs: &["redis-server"],
            libraries: true,
        },
    };

    fn choose() -> Self {
        Self { address: free_address() }
    }

    fn prepare(&self, folder: &Path) -> io::Result<Command> {
        let mut command = Self::SET.command("redis-server")?;
        command
            .args(["--port", &self.address.port().to_string(), "--bind", "127.0.0.1"])
            // Saved when it ends, which an hour without a write is not.
            .args(["--save", "3600 1", "--appendonly", "no"])
            .arg("--dir")
            .arg(folder);
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        self.ask("PING").is_ok_and(|answer| answer == "+PONG")
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![("redis", self.address.to_string())]
    }
}
