//! A running server of any kind.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use crate::{
    process::{Process, Watcher},
    running::Running,
    set::Set,
    wait::until,
};

/// How long a server may take until it answers. The slowest needs a second on an idle machine.
const READY: Duration = Duration::from_secs(60);

/// How often another program may be faster in taking a port.
const TRIES: usize = 5;

/// What one kind of server needs to be started.
pub trait Kind: fmt::Debug + Sized {
    /// What has to be installed.
    const SET: Set;

    /// Chooses the ports. Called again if one of them turns out to be taken.
    fn choose() -> Self;

    /// Writes what the server reads into `folder`, which is its own and the folder it runs in, and
    /// says how to start it. Called at every start; what a start before left is there.
    ///
    /// # Errors
    ///
    /// If a file cannot be written, or the program is not on this machine.
    fn prepare(&self, folder: &Path) -> io::Result<Command>;

    /// Whether it answers, asked once and with a bound on the time.
    fn is_ready(&self) -> bool;

    /// Its ports by what they are for, to be shown to a person.
    fn addresses(&self) -> Vec<(&'static str, String)>;
}

/// A running server, which is killed when this is dropped and when this process ends in any way.
///
/// All methods take `&self`, so that one thread may break what another one uses.
///
/// ```no_run
/// let influxdb = testing_servers::influxdb();
/// influxdb.pause(); // sockets stay open, nothing answers
/// influxdb.resume();
/// influxdb.stop(); // connections are refused
/// influxdb.restart(); // same ports, same data
/// ```
pub struct Server<K: Kind> {
    kind: K,
    folder: PathBuf,
    // `None` once the server was detached.
    state: Mutex<Option<State>>,
}

#[derive(Debug)]
struct State {
    watcher: Watcher,
    process: Option<Process>,
}

impl<K: Kind> Server<K> {
    /// Starts one on ports of its own, and waits until it answers.
    ///
    /// # Errors
    ///
    /// If it is not on this machine, ends before it answers, or does not answer within a minute;
    /// the error then holds what it printed.
    pub fn start() -> io::Result<Self> {
        Self::start_with(K::choose)
    }

    fn start_with(choose: impl Fn() -> K) -> io::Result<Self> {
        let mut last = None;
        for _ in 0..TRIES {
            let server = Self::new(choose())?;
            match server.launch() {
                Ok(()) => return Ok(server),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => last = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()))
    }

    /// As [`start`](Self::start), for a test.
    ///
    /// # Panics
    ///
    /// If there is an error.
    #[must_use]
    pub fn started() -> Self {
        Self::started_with(K::choose)
    }

    /// As [`started`](Self::started), with settings of its own. They are chosen anew if a port in
    /// them turns out to be taken.
    ///
    /// # Panics
    ///
    /// If there is an error.
    #[must_use]
    pub fn started_with(choose: impl Fn() -> K) -> Self {
        Self::start_with(choose).unwrap_or_else(|error| panic!("{error}"))
    }

    fn new(kind: K) -> io::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("oxkit-{}-{}-{number}", K::SET.name, process::id());
        let folder = std::env::temp_dir().join(name);
        // Left by a process of the same number, long ago.
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let state = State { watcher: Watcher::over(&folder)?, process: None };
        Ok(Self { kind, folder, state: Mutex::new(Some(state)) })
    }

    fn launch(&self) -> io::Result<()> {
        let command = self.kind.prepare(&self.folder)?;
        let mut guard = self.lock();
        let state = guard.as_mut().expect("only a server that is gone has none");
        let log = self.folder.join(LOG);
        fs::write(&log, "")?;
        let mut process = Process::start(&command, &self.folder, &log, &mut state.watcher)?;
        let mut ended = None;
        let mut ready = false;
        let _ = until(READY, || {
            ready = self.kind.is_ready();
            // Asked afterwards: another server may have taken the port and be the one that answers.
            ended = process.ended();
            ready || ended.is_some()
        });
        if ready && ended.is_none() {
            state.process = Some(process);
            return Ok(());
        }
        process.kill(&mut state.watcher)?;
        Err(self.failure(ended))
    }

    fn failure(&self, ended: Option<String>) -> io::Error {
        let name = K::SET.name;
        let log = self.log();
        let taken = ["address already in use", "eaddrinuse"];
        let kind = if taken.iter().any(|text| log.to_ascii_lowercase().contains(text)) {
            io::ErrorKind::AddrInUse
        } else {
            io::ErrorKind::Other
        };
        let what = ended.map_or_else(
            || format!("does not answer within {} s", READY.as_secs()),
            |status| format!("ended before it answered, with {status}"),
        );
        io::Error::new(kind, format!("{name} {what}; it printed:\n{log}"))
    }

    /// What it is, and where it listens.
    #[must_use]
    pub const fn kind(&self) -> &K {
        &self.kind
    }

    /// The folder it runs in, with its files and its log.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it printed since it was started last.
    #[must_use]
    pub fn log(&self) -> String {
        let log = fs::read(self.folder.join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The number of its process, if it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.lock().as_ref()?.process.as_ref().map(Process::id)
    }

    /// Asks it to end, as a supervisor does, and waits until it has. It stays down until
    /// [`restart`](Self::restart).
    ///
    /// # Panics
    ///
    /// If it cannot be signalled.
    pub fn stop(&self) {
        self.end(Process::stop);
    }

    /// Kills it, as a crash does. It stays down until [`restart`](Self::restart).
    ///
    /// # Panics
    ///
    /// If it cannot be signalled.
    pub fn kill(&self) {
        self.end(Process::kill);
    }

    fn end(&self, end: impl FnOnce(&mut Process, &mut Watcher) -> io::Result<()>) {
        if let Some(state) = self.lock().as_mut()
            && let Some(mut process) = state.process.take()
        {
            end(&mut process, &mut state.watcher).expect("a process of ours can be ended");
        }
    }

    /// Starts it again, on the same ports and with the data it had; stops it first if it runs.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn restart(&self) {
        self.stop();
        self.launch().unwrap_or_else(|error| panic!("{error}"));
    }

    /// Stops it in its tracks: connections stay open and new ones are accepted by the system, and
    /// nobody answers. Ends with [`resume`](Self::resume).
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn pause(&self) {
        self.signal(Process::pause);
    }

    /// Lets a paused server go on.
    ///
    /// # Panics
    ///
    /// If it does not run.
    pub fn resume(&self) {
        self.signal(Process::resume);
    }

    fn signal(&self, signal: impl FnOnce(&Process) -> io::Result<()>) {
        let guard = self.lock();
        let process = guard.as_ref().and_then(|state| state.process.as_ref());
        signal(process.expect("it runs")).expect("a process of ours can be signalled");
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        // A test that failed while it held the lock is no reason to leave the server running.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

const LOG: &str = "log";

impl<K: Kind> Running for Server<K> {
    fn id(&self) -> Option<u32> {
        self.id()
    }

    fn folder(&self) -> &Path {
        self.folder()
    }

    fn addresses(&self) -> Vec<(&'static str, String)> {
        self.kind.addresses()
    }

    fn detach(self: Box<Self>) -> io::Result<()> {
        let state = self.lock().take();
        state.map_or(Ok(()), |state| state.watcher.dismiss())
    }
}

impl<K: Kind> fmt::Debug for Server<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("kind", &self.kind).field("id", &self.id()).finish()
    }
}

impl<K: Kind> Drop for Server<K> {
    fn drop(&mut self) {
        if let Some(mut state) = self.lock().take() {
            if let Some(mut process) = state.process.take() {
                // Fails only if it is gone already.
                let _ = process.kill(&mut state.watcher);
            }
            state.watcher.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::set::Source;

    /// A server that prints what it is told, and then answers or ends.
    #[derive(Debug)]
    struct Told {
        says: &'static str,
        answers: bool,
    }

    impl Kind for Told {
        const SET: Set = Set { name: "told", source: Source::Python { packages: &[] } };

        fn choose() -> Self {
            Self { says: "nothing", answers: true }
        }

        fn prepare(&self, _folder: &Path) -> io::Result<Command> {
            let mut command = Command::new("sh");
            let end = if self.answers { "exec sleep 600" } else { "exit 3" };
            command.args(["-c", &format!("echo {}; {end}", self.says)]);
            Ok(command)
        }

        fn is_ready(&self) -> bool {
            self.answers
        }

        fn addresses(&self) -> Vec<(&'static str, String)> {
            Vec::new()
        }
    }

    #[test]
    fn ports_are_chosen_anew_if_one_was_taken() {
        let tries = Cell::new(0);
        let server = Server::started_with(|| {
            tries.set(tries.get() + 1);
            Told { says: "bind: Address already in use", answers: tries.get() == 3 }
        });
        assert!(server.id().is_some());
        assert_eq!(tries.get(), 3);
    }

    #[test]
    fn nobody_tries_for_ever() {
        let taken = || Told { says: "EADDRINUSE", answers: false };
        let error = Server::start_with(taken).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn one_that_ends_before_it_answers_says_why() {
        let tries = Cell::new(0);
        let broken = || {
            tries.set(tries.get() + 1);
            Told { says: "no such setting", answers: false }
        };
        let error = Server::start_with(broken).unwrap_err().to_string();
        for part in ["told ended", "exit status: 3", "no such setting"] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert_eq!(tries.get(), 1);
    }

    #[test]
    fn what_it_printed_before_a_restart_is_gone_and_its_files_are_not() {
        let server = Server::<Told>::started();
        fs::write(server.folder().join("data"), "kept").unwrap();
        assert!(until(READY, || server.log() == "nothing\n"));
        let before = server.id();
        server.restart();
        assert_ne!(server.id(), before);
        assert_eq!(fs::read_to_string(server.folder().join("data")).unwrap(), "kept");
        assert!(until(READY, || server.log() == "nothing\n"));
    }
}
