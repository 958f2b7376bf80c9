//! InfluxDB 1.

use std::{fs, io, net::SocketAddr, path::Path, process::Command};

use crate::{
    Kind, Server, Set, Source,
    http::{self, Answer, answers, escaped},
    ports::free_address,
};

/// An InfluxDB server of version 1, which takes the line protocol over HTTP and UDP.
///
/// What comes over UDP goes into the database `udp`, which is there from the start; others are
/// created by [`Server::query`].
#[derive(Debug)]
pub struct Influxdb {
    http: SocketAddr,
    udp: SocketAddr,
    backup: SocketAddr,
}

/// Starts InfluxDB.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn influxdb() -> Server<Influxdb> {
    Server::started()
}

impl Server<Influxdb> {
    /// Where it takes writes and queries over HTTP.
    #[must_use]
    pub const fn http(&self) -> SocketAddr {
        self.kind().http
    }

    /// Where it takes writes over UDP. They can be read within a second.
    #[must_use]
    pub const fn udp(&self) -> SocketAddr {
        self.kind().udp
    }

    /// Creates a database.
    ///
    /// # Panics
    ///
    /// If it does not say that it did.
    pub fn create(&self, database: &str) {
        let answer = self.query("", &format!("CREATE DATABASE \"{database}\""));
        assert_eq!(answer.status, 200, "{}", answer.body);
    }

    /// Asks in `InfluxQL`; the body of the answer is JSON, its times are nanoseconds.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    #[must_use]
    pub fn query(&self, database: &str, query: &str) -> Answer {
        let (database, query) = (escaped(database), escaped(query));
        http::post(self.http(), "/query", &format!("db={database}&epoch=ns&q={query}"))
    }
}

impl Kind for Influxdb {
    const SET: Set = Set {
        name: "influxdb",
        source: Source::Debian {
            suite: "bookworm",
            packages: &["influxdb"],
            programs: &["influxd"],
            libraries: false,
        },
    };

    fn choose() -> Self {
        Self { http: free_address(), udp: free_address(), backup: free_address() }
    }

    fn prepare(&self, folder: &Path) -> io::Result<Command> {
        let Self { http, udp, backup } = self;
        let data = folder.join("data");
        let data = data.display();
        let settings = folder.join("influxdb.conf");
        let text = format!(
            r#"reporting-disabled = true
bind-address = "{backup}"
[meta]
  dir = "{data}/meta"
[data]
  dir = "{data}/data"
  wal-dir = "{data}/wal"
  query-log-enabled = false
[monitor]
  store-enabled = false
[http]
  bind-address = "{http}"
  log-enabled = false
[[udp]]
  enabled = true
  bind-address = "{udp}"
  database = "udp"
  batch-size = 1
  batch-timeout = "100ms"
"#
        );
        fs::write(&settings, text)?;
        let mut command = Self::SET.command("influxd")?;
        command.arg("-config").arg(settings);
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        answers(self.http, "/ping")
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![("http", format!("http://{}", self.http)), ("udp", self.udp.to_string())]
    }
}
