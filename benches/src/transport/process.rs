//! A server as a process: started on its core, found by the address it prints, ended with us.

use std::{
    env,
    ffi::OsStr,
    fs,
    io::{self, BufRead, BufReader},
    net::SocketAddr,
    path::PathBuf,
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

/// The peer on Go kit, built if need be.
///
/// # Errors
///
/// Says why there is none: mostly that Go is not installed.
pub(super) fn gokit() -> io::Result<Command> {
    let built = build_gokit()?;
    let mut command = Command::new(built);
    command.env("GOMAXPROCS", "1");
    Ok(command)
}

fn build_gokit() -> io::Result<PathBuf> {
    let place = env::current_exe()?.with_file_name("peers");
    fs::create_dir_all(&place)?;
    let program = place.join("gokit");
    // The compiler of GOROOT, if the caller says where that is, and else whichever is found.
    let go = env::var_os("GOROOT").map(|root| PathBuf::from(root).join("bin/go"));
    let go = go.filter(|go| go.exists());
    let go = go.as_deref().map_or(OsStr::new("go"), |go| go.as_os_str());
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/peers/gokit");
    let output =
        Command::new(go).arg("build").arg("-o").arg(&program).current_dir(source).output()?;
    if output.status.success() {
        Ok(program)
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}
