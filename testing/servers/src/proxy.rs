//! A proxy that does what networks do: nothing, refuse, cut, stall, trickle.

use std::{
    collections::HashMap,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::ports::free_address;

/// How much is read at a time; a cut is exact nevertheless.
const CHUNK: usize = 16 * 1024;

/// How much a trickle passes on at a time.
const DROP: usize = 64;

/// A TCP proxy in front of a server, on a port of its own that stays the same.
///
/// It passes everything on until it is told otherwise; what it is told holds for the connections
/// there are and for those to come. Dropping it closes all of them.
///
/// ```
/// use std::{io::{Read, Write}, net::{TcpListener, TcpStream}, thread};
/// use testing_servers::Proxy;
///
/// let server = TcpListener::bind("127.0.0.1:0")?;
/// let proxy = Proxy::to(server.local_addr()?);
/// let received = thread::spawn(move || {
///     let mut text = String::new();
///     server.accept()?.0.read_to_string(&mut text).map(|_| text)
/// });
///
/// proxy.cut_after(5);
/// TcpStream::connect(proxy.address())?.write_all(b"hello, world")?;
/// assert_eq!(received.join().unwrap()?, "hello");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    mode: Mode,
    /// How often the mode was set: what is counted begins anew.
    epoch: u64,
    open: HashMap<u64, Open>,
    accepted: u64,
    forwarded: u64,
}

/// A connection: both its ends, to be shut down, and in how many directions bytes may still come.
#[derive(Debug)]
struct Open {
    ends: [TcpStream; 2],
    directions: u8,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Mode {
    #[default]
    Pass,
    Stall,
    Refuse,
    /// What each connection may still carry to the server.
    Cut(u64),
    /// The rest between two drops.
    Trickle(Duration),
}

impl Proxy {
    /// A proxy in front of `target`.
    ///
    /// # Panics
    ///
    /// If it finds no port.
    #[must_use]
    pub fn to(target: SocketAddr) -> Self {
        let shared = Shared { target, state: Mutex::default(), changed: Condvar::new() };
        let shared = Arc::new(shared);
        let mut tries = (0..10).map(|_| listen(free_address()));
        let listener = tries.find_map(Result::ok).expect("one of ten free ports is free");
        let address = listener.local_addr().expect("it is bound");
        let accepting = Mutex::new(Some(accept(listener, &shared)));
        Self { address, shared, accepting }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Passes everything on again.
    pub fn pass(&self) {
        self.set(Mode::Pass);
    }

    /// Refuses connections, and closes those there are: as if nobody listened.
    pub fn refuse(&self) {
        self.set(Mode::Refuse);
    }

    /// Accepts and passes nothing on, in either direction: as if the network had lost its way.
    /// What was held back is passed on later.
    pub fn stall(&self) {
        self.set(Mode::Stall);
    }

    /// Passes `bytes` of each connection on to the server, counted from now, and closes it in both
    /// directions when there are more.
    pub fn cut_after(&self, bytes: u64) {
        self.set(Mode::Cut(bytes));
    }

    /// Passes 64 bytes on at a time, in either direction, and rests in between.
    pub fn trickle(&self, rest: Duration) {
        self.set(Mode::Trickle(rest));
    }

    /// Closes the connections there are, in the middle of whatever they carry.
    pub fn cut(&self) {
        self.shared.close_all();
    }

    /// How many connections it has accepted since the beginning.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.shared.lock().accepted
    }

    /// How many bytes it has passed on to the server since the beginning.
    #[must_use]
    pub fn forwarded(&self) -> u64 {
        self.shared.lock().forwarded
    }

    fn set(&self, mode: Mode) {
        let mut accepting = self.accepting.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.set(mode);
        if mode == Mode::Refuse {
            self.end_accepting(&mut accepting);
        } else if accepting.is_none() {
            let listener = listen(self.address).expect("nobody else wants the port");
            *accepting = Some(accept(listener, &self.shared));
        }
    }

    /// Ends the thread that holds the listener, so that connections are refused.
    fn end_accepting(&self, accepting: &mut Option<JoinHandle<()>>) {
        if let Some(thread) = accepting.take() {
            // It waits for a connection, and looks at the mode when it has one.
            let _ = TcpStream::connect(self.address);
            let _ = thread.join();
        }
        self.shared.close_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.set(Mode::Refuse);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, mode: Mode) {
        let mut state = self.lock();
        state.mode = mode;
        state.epoch += 1;
        self.changed.notify_all();
    }

    fn close_all(&self) {
        for (_, open) in self.lock().open.drain() {
            for end in open.ends {
                // Fails only if it is closed already.
                let _ = end.shutdown(Shutdown::Both);
            }
        }
        self.changed.notify_all();
    }

    /// Waits until some of `wanted` bytes may pass, and says how many. None end the connection.
    fn permit(&self, direction: &mut Direction, wanted: usize) -> usize {
        let mut state = self.lock();
        while state.open.contains_key(&direction.connection) {
            match state.mode {
                Mode::Pass => return wanted,
                Mode::Refuse => return 0,
                Mode::Stall => {
                    state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                }
                Mode::Cut(limit) => return direction.take(state.epoch, limit, wanted),
                Mode::Trickle(rest) => {
                    let (epoch, end) = (state.epoch, Instant::now() + rest);
                    // Woken when the mode changes, so that a long rest does not outlive it.
                    while state.epoch == epoch && Instant::now() < end {
                        let left = end.saturating_duration_since(Instant::now());
                        let woken = self.changed.wait_timeout(state, left);
                        state = woken.unwrap_or_else(PoisonError::into_inner).0;
                    }
                    if state.epoch == epoch {
                        return wanted.min(DROP);
                    }
                }
            }
        }
        0
    }

    /// Notes that one direction has come to its end; the other one may go on.
    fn ended(&self, connection: u64) {
        let mut state = self.lock();
        if let Some(open) = state.open.get_mut(&connection) {
            open.directions -= 1;
            if open.directions == 0 {
                state.open.remove(&connection);
            }
        }
    }

    /// Closes a connection in both directions.
    fn close(&self, connection: u64) {
        let open = self.lock().open.remove(&connection);
        for end in open.into_iter().flat_map(|open| open.ends) {
            let _ = end.shutdown(Shutdown::Both);
        }
        self.changed.notify_all();
    }
}

/// One direction of a connection.
#[derive(Debug)]
struct Direction {
    connection: u64,
    to_server: bool,
    /// What was carried since the mode was set.
    used: u64,
    epoch: u64,
}

impl Direction {
    fn take(&mut self, epoch: u64, limit: u64, wanted: usize) -> usize {
        if !self.to_server {
            return wanted;
        }
        if self.epoch != epoch {
            (self.epoch, self.used) = (epoch, 0);
        }
        let left = usize::try_from(limit - self.used).unwrap_or(usize::MAX);
        let taken = wanted.min(left);
        self.used += taken as u64;
        taken
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(address)
}

/// Accepts until the mode is to refuse.
fn accept(listener: TcpListener, shared: &Arc<Shared>) -> JoinHandle<()> {
    let shared = shared.clone();
    thread::spawn(move || {
        for client in listener.incoming() {
            let connection = {
                let mut state = shared.lock();
                if state.mode == Mode::Refuse {
                    return;
                }
                state.accepted += 1;
                state.accepted
            };
            // One that fails is closed, which is what a client then sees.
            let _ = client.and_then(|client| join(connection, client, &shared));
        }
    })
}

/// Connects a client with the server, in two threads that end with the connection.
fn join(connection: u64, client: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    let server = TcpStream::connect(shared.target)?;
    // What is measured in bytes must not be held together by the system.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ends = [client.try_clone()?, server.try_clone()?];
    shared.lock().open.insert(connection, Open { ends, directions: 2 });
    let (from, to) = (client.try_clone()?, server.try_clone()?);
    for (from, to, to_server) in [(from, to, true), (server, client, false)] {
        let shared = shared.clone();
        let direction = Direction { connection, to_server, used: 0, epoch: 0 };
        thread::spawn(move || copy(direction, from, to, &shared));
    }
    Ok(())
}

/// Passes bytes on in one direction. An end is passed on too; a failure or a cut closes both.
fn copy(mut direction: Direction, mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut chunk = [0; CHUNK];
    'open: while let Ok(read) = from.read(&mut chunk) {
        if read == 0 {
            // A stall holds the end back as well.
            let _ = shared.permit(&mut direction, 0);
            let _ = to.shutdown(Shutdown::Write);
            return shared.ended(direction.connection);
        }
        let mut rest = &chunk[..read];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(shared.permit(&mut direction, rest.len()));
            if now.is_empty() || to.write_all(now).is_err() {
                break 'open;
            }
            if direction.to_server {
                shared.lock().forwarded += now.len() as u64;
            }
            rest = later;
        }
    }
    shared.close(direction.connection);
}
