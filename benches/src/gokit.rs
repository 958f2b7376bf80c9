//! The peer on Go kit: a program of its own, built where there is Go.

use std::{
    cell::Cell,
    env,
    ffi::OsStr,
    fs,
    io::{self, BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    rc::Rc,
};

use crate::harness::{CASE_CORE, Case, on_core};

/// The program, built if need be, with one processor as it has one core.
///
/// # Errors
///
/// Says why there is none: mostly that Go is not installed.
pub fn command() -> io::Result<Command> {
    let mut command = Command::new(build()?);
    command.env("GOMAXPROCS", "1");
    Ok(command)
}

/// What to say where there is none.
#[must_use]
pub fn left_out(error: &io::Error) -> String {
    format!(
        "Go kit is left out, for there is no Go that builds it: {error}\n`cargo xtask bench` \
         installs one."
    )
}

fn build() -> io::Result<PathBuf> {
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

/// One of the program's endpoints, called within it.
///
/// The program stays on the core of the cases and is told over a pipe how often to call, which over
/// the thousands of calls of a round costs nothing.
#[derive(Debug)]
pub struct Calls {
    endpoint: &'static str,
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Objects allocated in a call, of the last time.
    allocations: Rc<Cell<f64>>,
}

impl Calls {
    /// Starts the program for `endpoint`: `leaf`, `five` or `whole`.
    ///
    /// # Errors
    ///
    /// It cannot be built or started.
    pub fn start(endpoint: &'static str) -> io::Result<Self> {
        let mut command = command()?;
        command.arg("calls").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = on_core(CASE_CORE, || command.spawn())?;
        let (Some(ask), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both are piped");
        };
        let answers = BufReader::new(answers);
        Ok(Self { endpoint, child, ask, answers, allocations: Rc::default() })
    }

    /// Calls it so often. The objects that were allocated meanwhile are noted.
    fn call(&mut self, calls: u32) -> io::Result<()> {
        writeln!(self.ask, "{} {calls}", self.endpoint)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let objects: f64 = line.trim().parse().map_err(io::Error::other)?;
        self.allocations.set(objects / f64::from(calls));
        Ok(())
    }

    /// As a case, and where it notes how much a call allocates.
    ///
    /// # Panics
    ///
    /// Running it, if the program has ended.
    #[must_use]
    pub fn into_case(mut self, name: impl Into<String>) -> (Case, Rc<Cell<f64>>) {
        let (process, allocations) = (self.child.id(), self.allocations.clone());
        let run = move |calls| self.call(calls).expect("the peer answers while it is asked");
        (Case::new(name, run).in_process(process), allocations)
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        // It would end with its standard input, which is dropped only after this.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
