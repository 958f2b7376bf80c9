//! Prometheus, and its tool that checks files.

use std::{fmt::Write as _, fs, io, net::SocketAddr, path::Path, process::Command};

use crate::{
    Kind, Server, Set, Source,
    http::{self, Answer, answers, escaped},
    ports::free_address,
};

/// A Prometheus server, which scrapes every second.
///
/// It looks for its targets five seconds after its start, and no setting changes that: a test that
/// waits for a sample has to be patient, and several are better made one.
#[derive(Debug)]
pub struct Prometheus {
    address: SocketAddr,
    targets: Vec<SocketAddr>,
    rules: String,
}

/// Starts Prometheus, scraping `/metrics` of each of `targets` as the job `test`.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn prometheus(targets: &[SocketAddr]) -> Server<Prometheus> {
    prometheus_with_rules(targets, "groups: []")
}

/// Starts Prometheus with a file of rules.
///
/// # Panics
///
/// If it cannot be started; the message says why.
#[must_use]
pub fn prometheus_with_rules(targets: &[SocketAddr], rules: &str) -> Server<Prometheus> {
    Server::started_with(|| Prometheus {
        targets: targets.to_vec(),
        rules: rules.to_owned(),
        ..Prometheus::choose()
    })
}

/// `promtool`, which checks rules, settings and expositions: `promtool check metrics` reads one from
/// its input and ends with 1 if it is wrong, with 3 if it is unusual.
///
/// # Panics
///
/// If it is not on this machine; the message says what to do.
#[must_use]
pub fn promtool() -> Command {
    Prometheus::SET.command("promtool").unwrap_or_else(|missing| panic!("{missing}"))
}

impl Server<Prometheus> {
    /// Where it answers.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.kind().address
    }

    /// Asks in `PromQL`, for now; the body of the answer is JSON.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    #[must_use]
    pub fn query(&self, query: &str) -> Answer {
        http::post(self.address(), "/api/v1/query", &format!("query={}", escaped(query)))
    }

    /// What it knows of its targets, their last errors included, as JSON.
    ///
    /// # Panics
    ///
    /// If nobody answers.
    #[must_use]
    pub fn targets(&self) -> Answer {
        http::get(self.address(), "/api/v1/targets")
    }
}

impl Kind for Prometheus {
    const SET: Set = Set {
        name: "prometheus",
        source: Source::Debian {
            suite: "bookworm",
            packages: &["prometheus"],
            programs: &["prometheus", "promtool"],
            libraries: false,
        },
    };

    fn choose() -> Self {
        Self { address: free_address(), targets: Vec::new(), rules: "groups: []".to_owned() }
    }

    fn prepare(&self, folder: &Path) -> io::Result<Command> {
        let mut settings = "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  \
            evaluation_interval: 1s\nrule_files: [rules.yml]\nscrape_configs:\n- job_name: test\n  \
            static_configs:\n  - targets:\n"
            .to_owned();
        for target in &self.targets {
            // Writing to a text cannot fail.
            let _ = writeln!(settings, "    - {target}");
        }
        fs::write(folder.join("prometheus.yml"), settings)?;
        fs::write(folder.join("rules.yml"), &self.rules)?;
        let mut command = Self::SET.command("prometheus")?;
        command
            .arg("--config.file=prometheus.yml")
            .arg("--storage.tsdb.path=data")
            .arg(format!("--web.listen-address={}", self.address))
            .args(["--web.enable-lifecycle", "--log.level=warn"]);
        Ok(command)
    }

    fn is_ready(&self) -> bool {
        answers(self.address, "/-/ready")
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        vec![("http", format!("http://{}", self.address))]
    }
}
