//! Runs a list of steps, says what it does while it does it, and sums up.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Result,
    disk::{self, Disk},
    tally::Tally,
};

/// One thing to do.
pub(crate) struct Step {
    title: String,
    action: Action,
}

enum Action {
    Command(Command),
    Tests(Command),
    Call(Box<dyn FnOnce() -> Result<()>>),
}

impl Step {
    /// A command that has to end with success.
    pub(crate) fn command(title: impl Into<String>, command: Command) -> Self {
        Self { title: title.into(), action: Action::Command(command) }
    }

    /// A run of `cargo test`, whose tests are counted.
    pub(crate) fn tests(title: impl Into<String>, command: Command) -> Self {
        Self { title: title.into(), action: Action::Tests(command) }
    }

    /// Something done by this program itself.
    pub(crate) fn call(
        title: impl Into<String>,
        call: impl FnOnce() -> Result<()> + 'static,
    ) -> Self {
        Self { title: title.into(), action: Action::Call(Box::new(call)) }
    }

    #[cfg(test)]
    pub(crate) fn title(&self) -> &str {
        &self.title
    }
}

/// What became of a list of steps.
#[derive(Debug)]
#[must_use]
pub(crate) struct Report {
    lines: Vec<String>,
    failed_steps: usize,
    tally: Tally,
    /// The steps that failed while the disk was full, and what can be done.
    cramped: Vec<String>,
    advice: String,
}

/// Runs every step, also after one failed: whoever repairs something wants to see it all. They
/// write to `disk`.
pub(crate) fn run(steps: Vec<Step>, disk: &Disk) -> Report {
    let total = steps.len();
    let began = Instant::now();
    let mut report = Report {
        lines: Vec::new(),
        failed_steps: 0,
        tally: Tally::default(),
        cramped: Vec::new(),
        advice: String::new(),
    };
    for (at, Step { title, action }) in steps.into_iter().enumerate() {
        let number = format!("[{}/{total}]", at + 1);
        match &action {
            Action::Command(command) | Action::Tests(command) => {
                println!("\n{number} {title}: {}", render(command));
            }
            Action::Call(_) => println!("\n{number} {title}"),
        }
        let start = Instant::now();
        let (outcome, tally) = act(action);
        let took = seconds(start.elapsed());
        let counted = match tally {
            Some(Tally { passed, failed, ignored: 0 }) => {
                format!(", {passed} passed, {failed} failed")
            }
            Some(Tally { passed, failed, ignored }) => {
                format!(", {passed} passed, {failed} failed, {ignored} ignored")
            }
            None => String::new(),
        };
        let verdict = if outcome.is_ok() { "ok" } else { "FAILED" };
        if let Err(error) = outcome {
            println!("error: {error}");
            report.failed_steps += 1;
            // Now, for what was begun may be removed and leave room again.
            if disk::says_full(&error.to_string()) || disk.is_full() {
                report.cramped.push(title.clone());
                report.advice = disk.advice();
            }
        }
        println!("{number} {verdict} in {took}{counted}");
        report.tally += tally.unwrap_or_default();
        report.lines.push(format!("{verdict:<6} {took:>8}  {title}{counted}"));
    }
    report.lines.push(format!(
        "{} of {total} steps ok, {}",
        total - report.failed_steps,
        seconds(began.elapsed())
    ));
    report
}

impl Report {
    /// Prints the table of steps, and what there is to say of them all.
    pub(crate) fn summarise(&self) {
        println!("\nsummary");
        for line in &self.lines {
            println!("  {line}");
        }
        self.explain();
    }

    /// Prints in a line that steps failed for want of space, and what can be done, if they did.
    pub(crate) fn explain(&self) {
        if let Some(line) = self.explanation() {
            println!("\n{line}");
        }
    }

    fn explanation(&self) -> Option<String> {
        if self.cramped.is_empty() {
            return None;
        }
        let steps = self.cramped.join(", ");
        Some(format!("the disk is full, or was while this failed: {steps}; {}", self.advice))
    }

    /// Prints the last line of a run of tests. It stands alone so that a program can read it.
    pub(crate) fn close(&self) {
        println!("\n{} passed, {} failed", self.tally.passed, self.tally.failed);
    }

    /// What the program should exit with.
    pub(crate) const fn exit_code(&self) -> ExitCode {
        if self.failed_steps == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn act(action: Action) -> (Result<()>, Option<Tally>) {
    match action {
        Action::Call(call) => (call(), None),
        Action::Command(mut command) => (succeed(&mut command), None),
        Action::Tests(mut command) => {
            let mut tally = Tally::default();
            let outcome = count(&mut command, &mut tally);
            // What does not compile, and a test that takes its whole process down, are never
            // counted by anyone else.
            if outcome.is_err() && tally.failed == 0 {
                tally.failed = 1;
            }
            (outcome, Some(tally))
        }
    }
}

/// Runs a command to its end; anything but success is an error. Nothing is read from the terminal.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| format!("{} cannot be run: {error}", program(command)))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", program(command)).into())
    }
}

/// As [`succeed`], of a command whose words matter only if it fails.
pub(crate) fn succeed_quietly(command: &mut Command) -> Result<()> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", program(command)))?;
    if output.status.success() {
        return Ok(());
    }
    let ended = format!("{} ended with {}", program(command), output.status);
    // Where in its own code a program noticed it, and all files it could not write, help nobody.
    if disk::says_full(&String::from_utf8_lossy(&output.stderr)) {
        return Err(format!("{ended}: {}", disk::NO_SPACE).into());
    }
    std::io::stderr().write_all(&output.stderr)?;
    Err(ended.into())
}

/// Runs `cargo test`, passes its output through and counts.
fn count(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{} cannot be run: {error}", program(command)))?;
    let pipe = child.stdout.take().expect("it was piped two lines up");
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    let mut passed_on = Ok(());
    // Read to the end whatever happens to our own output: a child that writes into a full pipe
    // would wait for ever.
    while lines.read_until(b'\n', &mut line)? > 0 {
        tally.read(&String::from_utf8_lossy(&line));
        passed_on = passed_on.and_then(|()| std::io::stdout().write_all(&line));
        line.clear();
    }
    let status = child.wait()?;
    passed_on?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{} ended with {status}", program(command)).into())
    }
}

/// The command as one would type it.
fn render(command: &Command) -> String {
    let mut line = String::new();
    for (name, value) in command.get_envs() {
        let (name, value) = (name.to_string_lossy(), value.unwrap_or_default().to_string_lossy());
        // Flags change what the command does; the rest of the environment is where things lie.
        if name.ends_with("FLAGS") && !value.is_empty() {
            let _ = write!(line, "{name}={} ", quoted(&value));
        }
    }
    line.push_str(&program(command));
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&quoted(&arg.to_string_lossy()));
    }
    line
}

/// The program's name without the folder it is in.
fn program(command: &Command) -> String {
    let path = Path::new(command.get_program());
    path.file_stem().unwrap_or(command.get_program()).to_string_lossy().into_owned()
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(|c: char| c.is_whitespace() || "'\"$&|;<>*".contains(c)) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        word.to_owned()
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let mut command = Command::new(Path::new("some").join("cargo"));
        command.args(["doc", "-p", "two words"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(render(&command), "RUSTDOCFLAGS='-D warnings' cargo doc -p 'two words'");
    }

    #[test]
    fn a_failed_step_fails_the_run_and_keeps_no_later_one_from_running() {
        let ran = std::rc::Rc::new(std::cell::Cell::new(false));
        let later = ran.clone();
        let report = run(
            vec![
                Step::call("fails", || Err("on purpose".into())),
                Step::call("runs", move || {
                    later.set(true);
                    Ok(())
                }),
            ],
            &Disk::default(),
        );
        assert!(ran.get());
        assert_eq!(report.failed_steps, 1);
        assert_eq!(report.exit_code(), ExitCode::FAILURE);
        assert!(report.lines[2].starts_with("1 of 2 steps ok"), "{:?}", report.lines);
    }

    #[test]
    fn a_run_that_never_got_to_its_tests_counts_as_a_failure() {
        let absent = Step::tests("absent", Command::new("no-such-program-anywhere"));
        let report = run(vec![absent], &Disk::default());
        assert_eq!(report.tally, Tally { passed: 0, failed: 1, ignored: 0 });
        assert_eq!(report.exit_code(), ExitCode::FAILURE);
    }

    #[test]
    fn a_full_disk_is_told_of_in_a_line_that_names_what_failed_for_it() {
        let report = run(
            vec![
                Step::call("servers", || Err("x cannot be had: No space left on device".into())),
                Step::call("fails", || Err("on purpose".into())),
            ],
            &Disk::default(),
        );
        let line = report.explanation().unwrap();
        assert!(line.ends_with("while this failed: servers; "), "{line}");
        let other = Step::call("fails", || Err("on purpose".into()));
        assert_eq!(run(vec![other], &Disk::default()).explanation(), None);
    }

    #[cfg(unix)]
    #[test]
    fn of_what_a_program_says_that_found_no_space_one_line_is_left() {
        let mut pip = Command::new("sh");
        pip.args([
            "-c",
            "printf 'Traceback:\n  x.py\nOSError: No space left on device\n' >&2; exit 2",
        ]);
        let error = succeed_quietly(&mut pip).unwrap_err().to_string();
        assert_eq!(error, "sh ended with exit status: 2: no space left on device");
    }

    #[test]
    fn no_step_is_no_failure() {
        assert_eq!(run(Vec::new(), &Disk::default()).exit_code(), ExitCode::SUCCESS);
    }
}
