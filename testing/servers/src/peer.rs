//! A program that speaks as others do, and is told by lines what to say.

use std::{
    fmt,
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

/// How long a peer may be silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running program that reads lines and prints lines, of JSON as a rule.
///
/// It is expected to end when its standard input does, which happens when this is dropped and also
/// when the process of the test ends in any other way. What it complains of on standard error is
/// seen with the test's own output.
///
/// ```
/// use std::process::Command;
/// use testing_servers::Peer;
///
/// let mut peer = Peer::start(&mut Command::new("cat"));
/// assert_eq!(peer.ask(r#"{"a": 1}"#), r#"{"a": 1}"#);
/// ```
pub struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Peer {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = spawned.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let (send, lines) = channel();
        // Ends with the program, or when nobody wants its lines.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, input, lines }
    }

    /// Says a line, which must not contain a line break.
    ///
    /// # Panics
    ///
    /// If it has ended.
    pub fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("taken only when it is dropped");
        writeln!(input, "{line}").and_then(|()| input.flush()).expect("the peer reads");
    }

    /// The next line that it prints.
    ///
    /// # Panics
    ///
    /// If it ends, or is silent for a minute.
    #[must_use]
    pub fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => panic!("the peer has ended"),
            Err(RecvTimeoutError::Timeout) => panic!("the peer says nothing"),
        }
    }

    /// Says a line and waits for the one that answers it.
    ///
    /// # Panics
    ///
    /// If it ends, or is silent for a minute.
    #[must_use]
    pub fn ask(&mut self, line: &str) -> String {
        self.say(line);
        self.line()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.input.take());
        // Whoever hangs has had its time; one that has ended cannot be killed, which is no matter.
        if !crate::until(Duration::from_secs(5), || !matches!(self.child.try_wait(), Ok(None))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer").field("id", &self.child.id()).finish_non_exhaustive()
    }
}
