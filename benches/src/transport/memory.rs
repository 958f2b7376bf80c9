//! What an idle kept connection holds.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    thread,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Entry, load::Load, process::Process, wire::Exchange};
use crate::harness::{Options, Sample, Table, resident};

const CONNECTIONS: usize = 2000;

/// KiB an idle connection of each server.
#[derive(Debug)]
pub(super) struct Memory {
    entries: Vec<Entry>,
    each: Vec<Sample>,
    idle: Vec<Sample>,
}

pub(super) fn measure(entries: &[Entry], options: &Options) -> io::Result<Memory> {
    allow_files(CONNECTIONS as u64 + 100)?;
    eprintln!("transport: {CONNECTIONS} idle connections to each server");
    let mut each = vec![Vec::new(); entries.len()];
    let mut idle = vec![Vec::new(); entries.len()];
    for _ in 0..options.server_rounds().div_ceil(2) {
        for (index, entry) in entries.iter().enumerate() {
            let (empty, connection) = one(entry)?;
            idle[index].push(empty / 1024.0 / 1024.0);
            each[index].push(connection / 1024.0);
        }
    }
    let samples = |all: Vec<Vec<f64>>| all.into_iter().map(Sample::new).collect();
    Ok(Memory { entries: entries.to_vec(), each: samples(each), idle: samples(idle) })
}

/// Bytes of a server that has served a little, and of each of its connections on top of them.
fn one(entry: &Entry) -> io::Result<(f64, f64)> {
    let server = Process::start(entry.command()?)?;
    // What is allocated once belongs to the server and not to its connections.
    let exchange = entry.protocol.exchange()?;
    Load::connect(server.address, 1, exchange)?.run(Duration::from_millis(50))?;
    let before = resident(server.id())?;
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        connections.push(used(server.address, exchange)?);
    }
    // The last answers are there; let the server go to rest.
    settle(&server)?;
    let after = resident(server.id())?;
    Ok((before as f64, after.saturating_sub(before) as f64 / CONNECTIONS as f64))
}

/// A connection on which one request was answered.
fn used(server: SocketAddr, exchange: Exchange) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    exchange.ask(&mut stream)?;
    Ok(stream)
}

/// Waits until the server's memory stands still for a moment.
fn settle(server: &Process) -> io::Result<()> {
    let mut last = 0;
    for _ in 0..50 {
        let now = resident(server.id())?;
        if now == last {
            break;
        }
        last = now;
        thread::park_timeout(Duration::from_millis(100));
    }
    Ok(())
}

/// Lets this process, and the servers it starts, hold so many files open.
fn allow_files(count: u64) -> io::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(count), maximum: limit.maximum })?;
    }
    Ok(())
}

impl Memory {
    /// The memory of a connection of one server over that of another.
    pub(super) fn ratio(&self, of: &str, to: &str) -> f64 {
        self.sample(of).over(&self.sample(to)).median()
    }

    fn sample(&self, name: &str) -> Sample {
        let index = self.entries.iter().position(|entry| entry.name == name);
        index.map(|index| self.each[index].clone()).unwrap_or_default()
    }

    pub(super) fn table(&self) -> Table {
        let mut table = Table::new(&["server", "idle MiB", "KiB a connection", "x hyper"]);
        for (entry, (each, idle)) in self.entries.iter().zip(self.each.iter().zip(&self.idle)) {
            table.row(vec![
                entry.name.to_owned(),
                idle.show(1),
                each.show(1),
                each.over(&self.sample("hyper")).show(2),
            ]);
        }
        table
    }
}
