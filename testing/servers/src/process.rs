//! A server's process, which never outlives the process that started it.
//!
//! A destructor is not enough: a test run that is killed runs none. So a shell watches: it reads
//! from a pipe whose other end this process holds, and when that end closes, however it came to
//! that, the shell kills the server's process group and removes its folder.

use std::{
    fs::OpenOptions,
    io::{self, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

use crate::wait::until;

/// Told a group at a time by lines; the last one is what has to be killed when the pipe closes.
const WATCH: &str = "\
group=0
while read -r line; do
    [ \"$line\" = end ] && exit
    group=$line
done
[ \"$group\" = 0 ] || kill -s KILL -- \"-$group\"
rm -rf -- \"$1\"";

/// Does not begin before it is told to, which is after the watcher knows of it: at no moment is
/// there a server that nobody watches.
const BEGIN: &str = "read -r go && exec \"$@\" </dev/null";

/// How long a server that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(10);

/// The shell that survives us and cleans up.
#[derive(Debug)]
pub(crate) struct Watcher {
    shell: Child,
    tell: ChildStdin,
}

impl Watcher {
    /// Watches over what happens in `folder`, and removes it in the end.
    pub(crate) fn over(folder: &Path) -> io::Result<Self> {
        let mut shell = Command::new("sh");
        shell
            .args(["-c", WATCH, "watch"])
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Away from the terminal's ctrl-c, which is meant for us.
        let mut shell = in_own_group(&mut shell).spawn()?;
        let tell = shell.stdin.take().expect("it is piped");
        Ok(Self { shell, tell })
    }

    fn guard(&mut self, group: u32) -> io::Result<()> {
        writeln!(self.tell, "{group}")
    }

    /// Lets the server live on when this process ends.
    pub(crate) fn dismiss(mut self) -> io::Result<()> {
        writeln!(self.tell, "end")?;
        self.shell.wait().map(drop)
    }

    /// Kills what still runs and removes the folder, at once.
    pub(crate) fn finish(self) {
        let Self { mut shell, tell } = self;
        drop(tell);
        // It fails only if it is not ours to wait for.
        let _ = shell.wait();
    }
}

/// A running program, the leader of its own process group.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts `command` in `folder`, watched over; what it prints is added to `log`.
    pub(crate) fn start(
        command: &Command,
        folder: &Path,
        log: &Path,
        watcher: &mut Watcher,
    ) -> io::Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log)?;
        let mut shell = Command::new("sh");
        shell.args(["-c", BEGIN, "begin"]).arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.current_dir(folder).stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        let mut child = in_own_group(&mut shell).spawn()?;
        watcher.guard(child.id())?;
        let mut go = child.stdin.take().expect("it is piped");
        go.write_all(b"go\n")?;
        Ok(Self { child })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        }
    }

    /// Asks it to end, waits until it did, and kills it if it takes too long.
    pub(crate) fn stop(&mut self, watcher: &mut Watcher) -> io::Result<()> {
        // One that is paused would never read the other signal.
        send("CONT", &self.id().to_string())?;
        send("TERM", &self.id().to_string())?;
        let _ = until(GRACE, || self.ended().is_some());
        self.kill(watcher)
    }

    /// Kills it and all it started, as a crash does.
    pub(crate) fn kill(&mut self, watcher: &mut Watcher) -> io::Result<()> {
        send("KILL", &format!("-{}", self.id()))?;
        self.child.wait()?;
        watcher.guard(0)
    }

    /// Stops it in its tracks: its sockets stay open and nothing answers.
    pub(crate) fn pause(&self) -> io::Result<()> {
        send("STOP", &self.id().to_string())
    }

    /// Lets a paused process go on.
    pub(crate) fn resume(&self) -> io::Result<()> {
        send("CONT", &self.id().to_string())
    }
}

/// Makes what is started the leader of a process group, where there is such a thing. Elsewhere
/// there is no `sh` to be started either; but the project's commands, which contain this, compile.
fn in_own_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    command
}

/// Sends a signal by the shell's own `kill`, since std has none; it is no error if nobody is there
/// any more.
pub(crate) fn send(signal: &str, target: &str) -> io::Result<()> {
    Command::new("sh")
        .args(["-c", "kill -s \"$1\" -- \"$2\" 2>/dev/null || :", "signal", signal, target])
        .stdin(Stdio::null())
        .status()
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, process};

    struct Scene {
        folder: std::path::PathBuf,
        watcher: Watcher,
    }

    impl Scene {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("oxkit-{name}-{}", process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self { watcher: Watcher::over(&folder).unwrap(), folder }
        }

        fn start(&mut self, script: &str) -> Process {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            let log = self.folder.join("log");
            Process::start(&command, &self.folder, &log, &mut self.watcher).unwrap()
        }

        fn wait_for(&self, text: &str) {
            let log = self.folder.join("log");
            let there = || fs::read_to_string(&log).is_ok_and(|log| log.contains(text));
            assert!(until(Duration::from_secs(10), there), "{text}");
        }
    }

    /// Whether a process or a group still runs; a zombie does not.
    fn runs(target: &str) -> bool {
        Command::new("sh")
            .args(["-c", "kill -s 0 -- \"$1\" 2>/dev/null", "runs", target])
            .status()
            .unwrap()
            .success()
    }

    #[test]
    fn a_process_ends_when_it_is_asked_to() {
        let mut scene = Scene::new("asked");
        let mut process =
            scene.start("trap 'echo bye; exit' TERM; echo up; while :; do sleep 0.01; done");
        scene.wait_for("up");
        process.pause().unwrap();
        process.stop(&mut scene.watcher).unwrap();
        scene.wait_for("bye");
        assert!(process.ended().is_some());
        let folder = scene.folder;
        scene.watcher.finish();
        assert!(!folder.exists());
    }

    #[test]
    fn whoever_holds_the_pipe_goes_and_the_whole_group_goes_with_it() {
        let mut scene = Scene::new("gone");
        let mut process = scene.start("sleep 600 & echo up; wait");
        scene.wait_for("up");
        let group = format!("-{}", process.id());
        assert!(runs(&group));
        // What closes the pipe is the same as when this process is killed.
        scene.watcher.finish();
        assert!(until(Duration::from_secs(10), || process.ended().is_some()));
        assert!(until(Duration::from_secs(10), || !runs(&group)));
        assert!(!scene.folder.exists());
    }

    #[test]
    fn a_watcher_that_was_dismissed_kills_nothing() {
        let mut scene = Scene::new("dismissed");
        let mut process = scene.start("echo up; exec sleep 600");
        scene.wait_for("up");
        scene.watcher.dismiss().unwrap();
        assert_eq!(process.ended(), None);
        assert!(scene.folder.exists());
        send("KILL", &format!("-{}", process.id())).unwrap();
        process.child.wait().unwrap();
        fs::remove_dir_all(scene.folder).unwrap();
    }
}
