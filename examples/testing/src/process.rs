//! An example, running as its users run it.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};

/// A running example. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    address: SocketAddr,
    // Held so that the program is not cut off while it writes.
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts `program` and waits for the line on standard output that ends in the address it
    /// listens on, as in `listens on http://127.0.0.1:8080`.
    ///
    /// # Panics
    ///
    /// If it cannot be started or ends before it listens.
    #[must_use]
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        Self::of(Command::new(program).args(arguments))
    }

    /// As [`start`](Self::start), for a command that is set up otherwise, such as one whose
    /// standard error is a pipe. Nobody reads from that.
    ///
    /// # Panics
    ///
    /// If it cannot be started or ends before it listens.
    #[must_use]
    pub fn of(command: &mut Command) -> Self {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{program} cannot be started: {error}"));
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        let mut process = Self { child, address: unknown, stdout };
        let mut line = String::new();
        while process.address == unknown {
            line.clear();
            let read = process.stdout.read_line(&mut line).expect("its output is text");
            assert!(read > 0, "{program} ended before it listened");
            let address = line.rsplit("http://").next().map(str::trim).map(str::parse);
            if let Some(Ok(address)) = address {
                process.address = address;
            }
        }
        process
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next line that it writes to standard output, without its end; `None` after the last.
    ///
    /// Waits for it: for programs that say more than where they listen.
    ///
    /// # Panics
    ///
    /// If what it writes is no text.
    pub fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.stdout.read_line(&mut line).expect("its output is text");
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Sends it SIGTERM, as a supervisor does.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Sends it SIGINT, as ctrl-c does.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        kill_process(id.expect("a process has a number"), signal).expect("it is running");
    }

    /// Waits until it has ended.
    ///
    /// # Panics
    ///
    /// If it cannot be waited for.
    #[must_use]
    pub fn wait(mut self) -> ExitStatus {
        self.child.wait().expect("it is ours to wait for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Either fails only if it has ended, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
