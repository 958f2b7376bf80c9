//! The original statsd.

use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::Command,
    time::Duration,
};

use crate::{Kind, Server, Set, Source, ports::free_address};

/// A statsd server, which takes lines over UDP and TCP and is asked on a port of its own.
///
/// It flushes once an hour: what it counted stays to be asked for. It knows `DogStatsD`'s tags and
/// makes them part of the name: `requests;env=dev`. Lines it cannot read are counted as
/// `statsd.bad_lines_seen`.
#[derive(Debug)]
pub struct Statsd {
    address: SocketAddr,
    admin: SocketAddr,
}

/// Starts statsd.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn statsd() -> Server<Statsd> {
    Server::started()
}

impl Server<Statsd> {
    /// Where it takes lines, over UDP and over TCP.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.kind().address
    }

    /// What its admin port answers to `counters`, `gauges`, `timers` or `stats`.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    #[must_use]
    pub fn ask(&self, command: &str) -> String {
        self.kind().ask(command).unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// One value of what [`ask`](Self::ask) answers, as JavaScript writes it: `3`, `0.5`,
    /// `[ 1, 2 ]`. `None` if there is nothing of that name.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    #[must_use]
    pub fn value(&self, kind: &str, name: &str) -> Option<String> {
        value(&self.ask(kind), name)
    }
}

/// Finds a member of what JavaScript's console shows of an object.
fn value(shown: &str, name: &str) -> Option<String> {
    let quoted = format!("'{name}': ");
    let bare = format!("{name}: ");
    let member = shown.match_indices(&quoted).next().map(|(at, key)| at + key.len());
    // A name that is an identifier stands without quotes.
    let begin = member.or_else(|| {
        let mut found = shown.match_indices(&bare);
        found.find_map(|(at, key)| {
            let before = shown[..at].chars().next_back();
            before.is_none_or(|c| c.is_whitespace() || c == '{').then_some(at + key.len())
        })
    })?;
    let rest = &shown[begin..];
    let end = if rest.starts_with('[') {
        rest.find(']')? + 1
    } else {
        rest.find([',', '\n', '}', ' ']).unwrap_or(rest.len())
    };
    Some(rest[..end].split_whitespace().collect::<Vec<_>>().join(" "))
}

impl Statsd {
    fn ask(&self, command: &str) -> io::Result<String> {
        let patience = Duration::from_secs(5);
        let mut stream = TcpStream::connect_timeout(&self.admin, patience)?;
        stream.set_read_timeout(Some(patience))?;
        writeln!(stream, "{command}")?;
        let mut answer = String::new();
        for line in BufReader::new(stream).lines() {
            let line = line?;
            if line == "END" {
                break;
            }
            answer.push_str(&line);
            answer.push('\n');
            // The only answer that is one line.
            if line.starts_with("health:") {
                break;
            }
        }
        Ok(answer)
    }
}

impl Kind for Statsd {
    const SET: Set = Set { name: "statsd", source: Source::Node { package: "statsd@0.9.0" } };

    fn choose() -> Self {
        Self { address: free_address(), admin: free_address() }
    }

    fn prepare(&self, folder: &Path) -> io::Result<Command> {
        let (port, admin) = (self.address.port(), self.admin.port());
        let settings = format!(
            "{{ servers: [ {{ server: './servers/udp', address: '127.0.0.1', port: {port} }}, \
             {{ server: './servers/tcp', address: '127.0.0.1', port: {port} }} ], \
             mgmt_address: '127.0.0.1', mgmt_port: {admin}, flushInterval: 3600000, \
             deleteIdleStats: false, backends: ['./backends/console'] }}\n"
        );
        fs::write(folder.join("config.js"), settings)?;
        let mut command = Self::SET.command("statsd/stats.js")?;
        command.arg(folder.join("config.js"));
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        let limit = Duration::from_secs(2);
        let lines = TcpStream::connect_timeout(&self.address, limit).is_ok();
        lines && self.ask("health").is_ok_and(|health| health.contains("up"))
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![("lines", self.address.to_string()), ("admin", self.admin.to_string())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(shown: &str, name: &str, expected: Option<&str>) {
        assert_eq!(value(shown, name).as_deref(), expected, "{name} in {shown}");
    }

    #[test]
    fn a_value_is_found_by_its_whole_name() {
        let shown = "{\n  'statsd.bad_lines_seen': 0,\n  'a.requests': 3,\n  requests: 0.5,\n  \
            'requests;env=dev': -7\n}\n";
        check(shown, "statsd.bad_lines_seen", Some("0"));
        check(shown, "a.requests", Some("3"));
        check(shown, "requests", Some("0.5"));
        check(shown, "requests;env=dev", Some("-7"));
        check(shown, "quests", None);
        check("{ requests: 1 }", "requests", Some("1"));
        check("{ a: [ 1, 2,\n 3 ], b: [] }", "a", Some("[ 1, 2, 3 ]"));
        check("{}", "a", None);
    }
}
