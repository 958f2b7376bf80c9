//! Every server starts, answers, and goes with whoever started it, however that ends.

mod with_cloudwatch;
mod with_go;
mod with_graphite;
mod with_grpcio;
mod with_influxdb;
mod with_otlp;
mod with_prometheus;
mod with_redis;
mod with_statsd;
mod with_victoria_metrics;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use testing_servers::{Kind, Server, until};

const PATIENCE: Duration = Duration::from_secs(20);

/// Whether a process runs; one that only waits to be asked how it ended does not.
fn runs(id: &str) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().starts_with(" Z"))
}

fn is_gone(id: &str, folder: &Path) {
    assert!(until(PATIENCE, || !runs(id)), "process {id} still runs");
    assert!(until(PATIENCE, || !folder.exists()), "{} is still there", folder.display());
}

/// Starts a server, hands it to `ask`, and drops it.
fn check<K: Kind>(ask: impl FnOnce(&Server<K>)) {
    let server = Server::<K>::started();
    let (id, folder) = (server.id().expect("it runs").to_string(), server.folder().to_owned());
    assert!(runs(&id));
    ask(&server);
    drop(server);
    is_gone(&id, &folder);
}

/// Has another process start the server, and kills that one so that it can do nothing about it.
fn check_killed(name: &str) {
    let mut holder = Command::new(env!("CARGO_BIN_EXE_hold"))
        .arg(name)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it was built");
    let mut line = String::new();
    BufReader::new(holder.stdout.take().expect("it is piped"))
        .read_line(&mut line)
        .expect("it is text");
    let (id, folder) = line.trim().split_once(' ').expect("the server was started");
    assert!(runs(id));
    holder.kill().expect("it waits");
    holder.wait().expect("it is ours");
    is_gone(id, &PathBuf::from(folder));
}
