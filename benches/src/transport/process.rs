//! A server as a process: started on its core, found by the address it prints, ended with us.

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

use super::addsvc;
use crate::harness::on_core;

/// A server that runs. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    // Held, so that what it says besides does not fail.
    stdout: BufReader<ChildStdout>,
    pub(super) address: SocketAddr,
}

impl Process {
    /// Starts `command` on the servers' core and waits until it listens.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = on_core(0, || command.spawn())?;
        let mut stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        while stdout.read_line(&mut line)? > 0 {
            if let Some(address) = address_in(line.trim()) {
                return Ok(Self { child, stdout, address });
            }
            line.clear();
        }
        let _ = child.kill();
        let _ = child.wait();
        Err(io::Error::other(format!("{command:?} does not listen")))
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it end, and waits for that; what it said since it listens.
    pub(super) fn end(mut self) -> io::Result<String> {
        self.stop();
        let mut said = String::new();
        self.stdout.read_to_string(&mut said)?;
        Ok(said)
    }

    /// Our servers end with their standard input, even if we are killed; addsvc when it is told to.
    fn stop(&mut self) {
        drop(self.child.stdin.take());
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // Where there is nothing to tell any more it has ended.
        let _ = id.map(|id| kill_process(id, Signal::TERM));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop();
        let _ = self.child.wait();
    }
}

/// The address in the line of a server that says where it listens.
fn address_in(line: &str) -> Option<SocketAddr> {
    let address = line.strip_prefix("listening on ").or_else(|| line.strip_prefix(addsvc::LISTENS));
    address?.parse().ok()
}

/// This program as the server `name`.
pub(super) fn rust(name: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["serve", name]);
    Ok(command)
}
