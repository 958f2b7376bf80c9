//! A server as a process: started on its core, found by the address it prints, ended with us.

use std::{
    env,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use crate::harness::{instructions::valgrind, on_core};

/// A server that runs. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
}

impl Process {
    /// Starts `command` on the servers' core and waits until it listens.
    pub(super) fn start(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = on_core(0, || command.spawn())?;
        let stdout = child.stdout.take().expect("it is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line.trim().strip_prefix("listening on ").and_then(|at| at.parse().ok());
        let Some(address) = address else {
            let _ = child.kill();
            let _ = child.wait();
            return Err(io::Error::other(format!("{command:?} does not listen")));
        };
        Ok(Self { child, address })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Lets it end by itself, and waits for that; what it wrote to standard error if it is piped.
    pub(super) fn end(mut self) -> io::Result<String> {
        drop(self.child.stdin.take());
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            io::Read::read_to_string(&mut stderr, &mut said)?;
        }
        self.child.wait()?;
        Ok(said)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Its standard input ends, and so does it.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// This program as the server `name`.
pub(super) fn rust(name: &str) -> io::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["serve", name]);
    Ok(command)
}

/// This program as the server `name`, under valgrind, which counts its instructions.
pub(super) fn counted(name: &str) -> io::Result<Command> {
    let mut command = valgrind()?;
    command.args(["serve", name]).stderr(Stdio::piped());
    Ok(command)
}
